/**
 * The flag that makes every replica stop taking tasks off the list, kept in Redis until it is
 * taken back, so that a restart does not forget it.
 */
import type { Redis } from 'ioredis';

export const DRAIN_FLAG = 'wearon:drain';

/** Sets the flag; it keeps the moment of its first setting. */
export async function startDraining(redis: Redis): Promise<void> {
  await redis.set(DRAIN_FLAG, new Date().toISOString(), 'NX');
}

/** Takes the flag back; false when it was not set. */
export async function stopDraining(redis: Redis): Promise<boolean> {
  return (await redis.del(DRAIN_FLAG)) === 1;
}

/** ISO 8601: since when no task is taken; null while tasks are taken. */
export function drainingSince(redis: Redis): Promise<string | null> {
  return redis.get(DRAIN_FLAG);
}
