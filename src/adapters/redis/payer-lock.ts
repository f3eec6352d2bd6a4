/**
 * One refund of a person at a time, over all replicas: what the ledger says must still hold when the
 * refund is booked. The lock is held under the session's id.
 */
import type { Redis } from 'ioredis';
import { PAYER_LOCK_MS } from '../../ports/booking-times.ts';
import type { PayerLock } from '../../ports/refunds.ts';
import { PROLONG, RELEASE } from './lock.ts';

const PREFIX = 'wearon:payer:';

/** KEYS: the lock. ARGV: session, ms. Ours already after a crash, or free. */
const TAKE = `
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1`;

export class RedisPayerLock implements PayerLock {
  readonly #redis: Redis;

  constructor(redis: Redis) {
    this.#redis = redis;
  }

  async take(payerId: string, sessionId: string): Promise<boolean> {
    return (await this.#run(TAKE, payerId, sessionId)) === 1;
  }

  async keep(payerId: string, sessionId: string): Promise<boolean> {
    return (await this.#run(PROLONG, payerId, sessionId)) === 1;
  }

  async release(payerId: string, sessionId: string): Promise<void> {
    await this.#run(RELEASE, payerId, sessionId);
  }

  #run(script: string, payerId: string, sessionId: string): Promise<unknown> {
    return this.#redis.eval(script, 1, `${PREFIX}${payerId}`, sessionId, PAYER_LOCK_MS);
  }
}
