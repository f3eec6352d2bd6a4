/**
 * The check for jobs whose process died, and for retries that are due. It runs BullMQ's check, with
 * two additions: it leaves the holders of locks time to return after Redis was away, and it goes by
 * the clock of Redis.
 */
import type { Worker } from 'bullmq';
import type { Redis } from 'ioredis';

/** How long the processes may take to return to Redis and to take their locks again. */
const RETURN_MS = 2000;
/** Without a check for so many intervals no process reached Redis: its locks expired unseen. */
const SILENT_INTERVALS = 3;
const MOST_DUE_AT_ONCE = 1000;

/**
 * KEYS: the sign of life of the checks, BullMQ's `stalled`, `stalled-check`, `delayed`, `wait`,
 * `prioritized`, `pc` and `marker`. ARGV: ms until the sign expires, ms to wait after a silence, the
 * prefix of jobs, the most jobs to promote. BullMQ keeps the due time of a job in its score's upper
 * bits (ms x 4096) and moves a job only at the second check that finds it unlocked.
 */
const PREPARE = `
if redis.call('SET', KEYS[1], '1', 'PX', ARGV[1], 'GET') == false then
  redis.call('DEL', KEYS[2])
  redis.call('SET', KEYS[3], '1', 'PX', ARGV[2])
end
local time = redis.call('TIME')
local nowMs = time[1] * 1000 + math.floor(time[2] / 1000)
local due = redis.call('ZRANGEBYSCORE', KEYS[4], 0, (nowMs + 1) * 4096 - 1, 'LIMIT', 0, ARGV[4])
for _, id in ipairs(due) do
  redis.call('ZREM', KEYS[4], id)
  redis.call('HSET', ARGV[3] .. id, 'delay', 0)
  local priority = tonumber(redis.call('HGET', ARGV[3] .. id, 'priority')) or 0
  if priority == 0 then
    redis.call('LPUSH', KEYS[5], id)
  else
    local count = redis.call('INCR', KEYS[7])
    redis.call('ZADD', KEYS[6], priority * 4294967296 + count % 4294967296, id)
  end
  redis.call('ZADD', KEYS[8], 0, '0')
end`;

/** Runs one check, for all replicas; `intervalMs` is how often each replica does so. */
export async function checkStalledJobs(
  redis: Redis,
  worker: Worker,
  intervalMs: number,
): Promise<void> {
  const { stalled, delayed, wait, prioritized, pc, marker, ...keys } = worker.keys;
  const bull = [stalled, keys['stalled-check'], delayed, wait, prioritized, pc, marker];
  const prefix = worker.toKey('');
  const args = [SILENT_INTERVALS * intervalMs, RETURN_MS, prefix, MOST_DUE_AT_ONCE];
  await redis.eval(PREPARE, 8, `${prefix}checked`, ...(bull as string[]), ...args);
  await worker.getBackend().moveStalledJobsToWait();
}
