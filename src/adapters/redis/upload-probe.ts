/**
 * Whether pictures' uploads fail, and which task probes with its own, in Redis for all replicas.
 */
import type { Redis } from 'ioredis';
import { TaskError } from '../../errors.ts';
import type { UploadProbe } from '../../ports/upload-probe.ts';
import { RedisLock } from './lock.ts';

/** Set from an upload that fails until one works. */
const UPLOADS_FAIL = 'wearon:storage:uploads-fail';
/** The lock of the task that probes. */
const PROBE = 'wearon:storage:probe';
/** How long the probe outlives a process that died; one that lives prolongs it. */
const PROBE_LOCK_MS = 5_000;
/** How long a failure is remembered: longer than any pause between tries while there are tasks. */
const REMEMBERED_SECONDS = 3600;

export class RedisUploadProbe implements UploadProbe {
  readonly #redis: Redis;
  readonly #probe: RedisLock;
  readonly #onError: (error: Error) => void;

  constructor(redis: Redis, onError: (error: Error) => void) {
    this.#redis = redis;
    this.#probe = new RedisLock(redis, PROBE, PROBE_LOCK_MS);
    this.#onError = onError;
  }

  async assertMayPay(): Promise<void> {
    if ((await this.#redis.exists(UPLOADS_FAIL, PROBE)) === 2) throw refusal();
  }

  async enter(done: AbortSignal): Promise<void> {
    if ((await this.#redis.exists(UPLOADS_FAIL)) === 0) return;
    if (!(await this.#probe.hold(done))) throw refusal();
  }

  failed(done: AbortSignal): Promise<void> {
    return this.#inBackground(async () => {
      await this.#redis.set(UPLOADS_FAIL, '1', 'EX', REMEMBERED_SECONDS);
      await this.#probe.hold(done);
    });
  }

  succeeded(): Promise<void> {
    return this.#inBackground(() => this.#redis.del(UPLOADS_FAIL));
  }

  /** Never rejects: storing a paid picture must not fail because Redis cannot take a note of it. */
  async #inBackground(action: () => Promise<unknown>): Promise<void> {
    await action().catch(this.#onError);
  }
}

function refusal(): TaskError {
  return new TaskError('STORAGE_UNAVAILABLE', { detail: 'uploads_fail' });
}
