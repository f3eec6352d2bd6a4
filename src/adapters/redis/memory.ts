/**
 * How much memory Redis has left, and what it does when there is none: it must refuse new tasks and
 * keep the old ones.
 */
import type { Redis } from 'ioredis';
import type { MemoryUsage } from '../../ports/redis-readings.ts';

/** Null for a user who may not call INFO. */
export async function readMemoryUsage(redis: Redis): Promise<MemoryUsage | null> {
  const info = await redis.info('memory').catch((error: Error) => {
    if (error.message.startsWith('NOPERM')) return '';
    throw error;
  });
  const bytesOf = (field: string) => Number(new RegExp(`^${field}:(\\d+)`, 'm').exec(info)?.[1]);
  const usedBytes = bytesOf('used_memory');
  return Number.isNaN(usedBytes) ? null : { usedBytes, limitBytes: bytesOf('maxmemory') || null };
}

/** The one maxmemory-policy by which no task is lost. */
export const NO_EVICTION = 'noeviction';

/** The maxmemory-policy, by the configuration or by INFO; null where this Redis shows neither. */
export async function evictionPolicy(redis: Redis): Promise<string | null> {
  const answer: unknown = await redis.config('GET', 'maxmemory-policy').catch(() => []);
  if (Array.isArray(answer) && typeof answer[1] === 'string') return answer[1];
  const info = await redis.info('memory').catch(() => '');
  return /^maxmemory_policy:(\S+)/m.exec(info)?.[1] ?? null;
}
