/**
 * The Redis channel with every step of every session (docs/progress.md).
 */
import type { Redis } from 'ioredis';
import type { PublishProgress } from '../../ports/progress.ts';

export const PROGRESS_CHANNEL = 'wearon:progress';

/** Publishes over the connection while it is up; while it is not, an event is refused and not kept. */
export function progressPublisher(redis: Redis): PublishProgress {
  return async (event) => {
    if (redis.status !== 'ready') throw new Error('Redis is not connected');
    await redis.publish(PROGRESS_CHANNEL, JSON.stringify(event));
  };
}
