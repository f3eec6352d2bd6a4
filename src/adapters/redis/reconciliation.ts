/**
 * Failed sessions whose payment only a person can give back, in a Redis hash by session id.
 */
import type { Redis } from 'ioredis';
import type { Reconciliation, ReconciliationRecord } from '../../ports.ts';

export const RECONCILIATION_HASH = 'wearon:reconciliation';

export class RedisReconciliation implements Reconciliation {
  readonly #redis: Redis;

  constructor(redis: Redis) {
    this.#redis = redis;
  }

  async add(record: ReconciliationRecord): Promise<void> {
    await this.#redis.hsetnx(RECONCILIATION_HASH, record.sessionId, JSON.stringify(record));
  }
}
