/**
 * How many tasks are where and how old the oldest is, for metrics and operators: one command,
 * one moment.
 */
import type { Redis } from 'ioredis';
import type { PlaceStats, QueueStats } from '../../ports/redis-readings.ts';
import { GENERATION_QUEUE, PREFIX, REFUND_QUEUE, WEBHOOK_QUEUE } from './jobs/bullmq.ts';
import { RECONCILIATION_HASH } from './reconciliation.ts';
import { DEAD_LETTER_LIST, INTAKE_LIST, TASK_LIST } from './task-list.ts';

/** How many jobs of a queue are searched for the oldest. */
const MOST_LOOKED_AT = 1000;

/**
 * KEYS: list, intake, dead letters, reconciliation; ARGV: the three queues' key prefixes, the
 * most jobs to search. The next to leave a list is at its end.
 */
const READ = `
local jobs, refunds, webhooks, most = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
local function oldest(prefix, ...)
  local least = false
  for _, ids in ipairs({...}) do
    for _, id in ipairs(ids) do
      local at = tonumber(redis.call('HGET', prefix .. id, 'timestamp') or nil)
      if at and (not least or at < least) then least = at end
    end
  end
  return least and string.format('%.0f', least)
end
local function last(list)
  return redis.call('LRANGE', list, -most, -1)
end
local function first(set)
  return redis.call('ZRANGE', set, 0, most - 1)
end
local function createdAt(list)
  local raw = redis.call('LINDEX', list, -1)
  local start = raw and string.find(raw, '"created_at"', 1, true)
  return start and string.match(raw, '^"created_at"%s*:%s*"([^"]+)"', start)
end
local function pending(prefix)
  return redis.call('LLEN', prefix .. 'wait') + redis.call('LLEN', prefix .. 'active')
    + redis.call('ZCARD', prefix .. 'delayed')
end
local function failed(prefix)
  return redis.call('ZCARD', prefix .. 'failed')
end
return {
  redis.call('LLEN', KEYS[1]), createdAt(KEYS[1]) or false,
  redis.call('LLEN', KEYS[2]), createdAt(KEYS[2]) or false,
  redis.call('LLEN', jobs .. 'wait') + redis.call('ZCARD', jobs .. 'prioritized'),
  oldest(jobs, last(jobs .. 'wait'), first(jobs .. 'prioritized')),
  redis.call('LLEN', jobs .. 'active'), oldest(jobs, last(jobs .. 'active')),
  redis.call('ZCARD', jobs .. 'delayed'), oldest(jobs, first(jobs .. 'delayed')),
  pending(refunds) + failed(refunds),
  oldest(refunds, last(refunds .. 'wait'), last(refunds .. 'active'), first(refunds .. 'delayed'),
    first(refunds .. 'failed')),
  failed(jobs),
  redis.call('LLEN', KEYS[3]), redis.call('HLEN', KEYS[4]),
  pending(webhooks), failed(webhooks),
}`;

type Answer = readonly (number | string | null)[];

/** Counts everything as it stands now. Rejects when Redis does not answer. */
export async function readQueueStats(redis: Redis): Promise<QueueStats> {
  const keys = [TASK_LIST, INTAKE_LIST, DEAD_LETTER_LIST, RECONCILIATION_HASH];
  const queues = [GENERATION_QUEUE, REFUND_QUEUE, WEBHOOK_QUEUE];
  const prefixes = queues.map((queue) => `${PREFIX}:${queue}:`);
  const answer = await redis.eval(READ, keys.length, ...keys, ...prefixes, MOST_LOOKED_AT);
  return queueStatsOf(answer as Answer, Date.now());
}

function queueStatsOf(answer: Answer, nowMs: number): QueueStats {
  const count = (index: number) => Number(answer[index] ?? 0);
  const ageSeconds = (index: number, createdAtMs: (text: string) => number): number => {
    const oldest = answer[index];
    const ageMs = oldest == null ? 0 : nowMs - createdAtMs(String(oldest));
    return Math.max(0, ageMs / 1000 || 0);
  };
  const place = (index: number, createdAtMs: (text: string) => number): PlaceStats => ({
    tasks: count(index),
    oldestAgeSeconds: ageSeconds(index + 1, createdAtMs),
  });
  return {
    places: {
      list: place(0, Date.parse),
      intake: place(2, Date.parse),
      waiting: place(4, Number),
      active: place(6, Number),
      delayed: place(8, Number),
    },
    refundsOutstanding: count(10),
    oldestRefundAgeSeconds: ageSeconds(11, Number),
    givenUp: count(12),
    deadLetters: count(13),
    reconciliation: count(14),
    webhooks: { pending: count(15), undelivered: count(16) },
  };
}
