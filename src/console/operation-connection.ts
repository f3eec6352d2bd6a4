/**
 * The console's own connection to Redis, which fails at once while Redis is away: the worker's would
 * wait, and the page with it.
 */
import type { Redis } from 'ioredis';
import type { OperationDeps } from '../operations/deps.ts';

/** Resolves with what operations need; rejects with a RedisAway. */
export type OpenOperations = () => Promise<OperationDeps>;

class RedisAway extends Error {
  override readonly name = 'RedisAway';
}

/** Keeps one connection open from the first question on; closed by disposing of it. */
export class OperationConnection implements Disposable {
  readonly #rest: Omit<OperationDeps, 'redis'>;
  readonly #connect: () => Promise<Redis>;
  #redis: Promise<Redis> | null = null;

  /** `connect` rejects when Redis does not answer. */
  constructor(rest: Omit<OperationDeps, 'redis'>, connect: () => Promise<Redis>) {
    this.#rest = rest;
    this.#connect = connect;
  }

  readonly open: OpenOperations = async () => {
    const known = await this.#redis?.catch(() => null);
    if (known?.status !== 'ready') this.#redis = this.#connect();
    const redis = await this.#redis?.catch((cause: Error) => {
      throw new RedisAway('Redis does not answer.', { cause });
    });
    if (redis === undefined) throw new RedisAway('Redis does not answer.');
    return { ...this.#rest, redis };
  };

  [Symbol.dispose](): void {
    void this.#redis?.then(
      (redis) => redis.disconnect(),
      () => undefined,
    );
  }
}
