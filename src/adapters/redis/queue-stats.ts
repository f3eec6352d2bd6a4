/**
 * How many tasks are where and how old the oldest is, for metrics and operators: one command,
 * one moment.
 */
import type { Redis } from 'ioredis';
import type { PlaceStats, QueueStats } from '../../ports/redis-readings.ts';
import { GENERATION_QUEUE, PREFIX, REFUND_QUEUE, WEBHOOK_QUEUE } from './bullmq.ts';
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
local function oldest(...)
  local least = false
  for _, ids in ipairs({...}) do
    for _, id in ipairs(ids) do
      local at = tonumber(redis.call('HGET', jobs .. id, 'timestamp') or nil)
      if at and (not least or at < least) then least = at end
    end
  end
  return least and string.format('%.0f', least)
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
  oldest(redis.call('LRANGE', jobs .. 'wait', -most, -1), redis.call('ZRANGE', jobs .. 'prioritized', 0, most - 1)),
  redis.call('LLEN', jobs .. 'active'), oldest(redis.call('LRANGE', jobs .. 'active', -most, -1)),
  redis.call('ZCARD', jobs .. 'delayed'), oldest(redis.call('ZRANGE', jobs .. 'delayed', 0, most - 1)),
  failed(jobs), pending(refunds) + failed(refunds),
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
  const place = (index: number, createdAtMs: (text: string) => number): PlaceStats => {
    const oldest = answer[index + 1];
    const ageMs = oldest == null ? 0 : nowMs - createdAtMs(String(oldest));
    return { tasks: count(index), oldestAgeSeconds: Math.max(0, ageMs / 1000 || 0) };
  };
  return {
    places: {
      list: place(0, Date.parse),
      intake: place(2, Date.parse),
      waiting: place(4, Number),
      active: place(6, Number),
      delayed: place(8, Number),
    },
    givenUp: count(10),
    refundsOutstanding: count(11),
    deadLetters: count(12),
    reconciliation: count(13),
    webhooks: { pending: count(14), undelivered: count(15) },
  };
}
