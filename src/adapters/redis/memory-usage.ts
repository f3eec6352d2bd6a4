/**
 * How much memory Redis has left: a full one refuses every new task.
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
