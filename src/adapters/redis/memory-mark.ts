/**
 * A mark in Redis by which a loss of its data is noticed: a Redis that comes back without its data
 * comes back without the mark. It also expires, since a Redis may lose the last second only.
 */
import type { Redis } from 'ioredis';
import type { QueueMemory } from '../../ports/jobs.ts';

/** `whole`, or since when (ms since the epoch) a loss is known. */
const MARK_KEY = 'wearon:memory';
const WHOLE = 'whole';
const WHOLE_SECONDS = 3600;

/** KEYS: the mark. ARGV: the loss that was seen to, the new mark, its seconds. A later loss stays. */
const RESTORE = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return end
redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3])`;

export class RedisMemoryMark implements QueueMemory {
  readonly #redis: Redis;

  constructor(redis: Redis) {
    this.#redis = redis;
  }

  async lostSince(): Promise<number | null> {
    await this.#redis.set(MARK_KEY, Date.now(), 'NX');
    const mark = await this.#redis.get(MARK_KEY);
    return mark === WHOLE || mark === null ? null : Number(mark);
  }

  async restored(since: number): Promise<void> {
    await this.#redis.eval(RESTORE, 1, MARK_KEY, since, WHOLE, WHOLE_SECONDS);
  }
}
