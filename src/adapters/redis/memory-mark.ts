/**
 * A mark in Redis by which its loss is noticed: a Redis that comes back without its data comes back
 * without the mark.
 */
import type { Redis } from 'ioredis';
import type { QueueMemory } from '../../ports.ts';

/** `whole`, or since when (ms since the epoch) the loss is known. */
const MARK_KEY = 'wearon:memory';
const WHOLE = 'whole';

export class RedisMemoryMark implements QueueMemory {
  readonly #redis: Redis;

  constructor(redis: Redis) {
    this.#redis = redis;
  }

  async lostForMs(): Promise<number | null> {
    await this.#redis.set(MARK_KEY, Date.now(), 'NX');
    const mark = await this.#redis.get(MARK_KEY);
    return mark === WHOLE ? null : Date.now() - Number(mark ?? Date.now());
  }

  async restored(): Promise<void> {
    await this.#redis.set(MARK_KEY, WHOLE);
  }
}
