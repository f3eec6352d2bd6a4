/**
 * A marker key: when it is missing, Redis has lost its data. It also expires every hour, because a
 * Redis may have lost only its last second of writes, the marker not among them.
 */
import type { Redis } from 'ioredis';
import type { DataLossMarker } from '../../ports/jobs.ts';

/** `whole`, or when a loss was detected (ms since the epoch). */
const MARK_KEY = 'wearon:memory';
const WHOLE = 'whole';
const WHOLE_SECONDS = 3600;

/** KEYS: the marker. ARGV: the recovered loss, the new value, its seconds. A later loss stays. */
const RESTORE = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return end
redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3])`;

export class RedisDataLossMarker implements DataLossMarker {
  readonly #redis: Redis;

  constructor(redis: Redis) {
    this.#redis = redis;
  }

  async lossDetectedAt(): Promise<number | null> {
    await this.#redis.set(MARK_KEY, Date.now(), 'NX');
    const mark = await this.#redis.get(MARK_KEY);
    return mark === WHOLE || mark === null ? null : Number(mark);
  }

  async markRecovered(since: number): Promise<void> {
    await this.#redis.eval(RESTORE, 1, MARK_KEY, since, WHOLE, WHOLE_SECONDS);
  }
}
