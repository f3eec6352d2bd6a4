/**
 * A lock in Redis for what only one replica should do at a time. It is advisory:
 * what runs under it must be harmless when run twice.
 */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { Redis } from 'ioredis';

/** Held by the process that sweeps the bucket. */
export const RETENTION_LOCK = 'wearon:retention:lock';
/** How long the lock outlives a process that died; one that lives prolongs it. */
export const RETENTION_LOCK_MS = 60_000;

/** Only the holder's token may prolong or release a lock. KEYS: the lock. ARGV: token, ms. */
export const PROLONG = `
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return 0`;
export const RELEASE = `
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0`;

export class RedisLock {
  readonly #redis: Redis;
  readonly #key: string;
  readonly #expiryMs: number;

  /** After `expiryMs` without a sign of its holder the lock is free. */
  constructor(redis: Redis, key: string, expiryMs: number) {
    this.#redis = redis;
    this.#key = key;
    this.#expiryMs = expiryMs;
  }

  /**
   * Runs the action under the lock and resolves with what it returned, or with null when someone
   * else has the lock. The action's signal aborts when the lock is lost.
   */
  async during<T>(action: (signal: AbortSignal) => Promise<T>): Promise<T | null> {
    const token = randomUUID();
    if ((await this.#redis.set(this.#key, token, 'PX', this.#expiryMs, 'NX')) === null) return null;
    const lost = new AbortController();
    const prolonging = setInterval(() => {
      this.#prolong(token).catch(() => lost.abort());
    }, this.#expiryMs / 3);
    try {
      return await action(lost.signal);
    } finally {
      clearInterval(prolonging);
      await this.#redis.eval(RELEASE, 1, this.#key, token);
    }
  }

  /** Takes the lock until the signal aborts; false when someone else has it. */
  hold(until: AbortSignal): Promise<boolean> {
    const taken = Promise.withResolvers<boolean>();
    const wait = async () => {
      taken.resolve(true);
      if (!until.aborted) await once(until, 'abort');
    };
    // A lock that cannot be released expires.
    this.during(wait).then(() => taken.resolve(false), taken.reject);
    return taken.promise;
  }

  async #prolong(token: string): Promise<void> {
    const held = await this.#redis.eval(PROLONG, 1, this.#key, token, this.#expiryMs);
    if (held !== 1) throw new Error('the lock is lost');
  }
}
