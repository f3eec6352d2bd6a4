/**
 * The fair queue: every task gets the number of a round, and each owner has one task in a round,
 * so that owners alternate however many tasks each of them has. A new owner's first round
 * follows the latest one that has started. (Start-time fair queueing: Goyal, Vin, Cheng 1996.)
 */
import type { Redis } from 'ioredis';
import { GENERATION_QUEUE, PREFIX } from './bullmq.ts';

/** Per owner the round of its latest task; `started` is the latest round that has begun. */
const FAIR_QUEUE_HASH = 'wearon:turns';
/** The largest priority that BullMQ knows; rounds beyond it are one. */
const LAST_ROUND = 2_097_151;
/** Rounds begin at 1 again when no task has come for so long and none is waiting. */
const IDLE_MS = 1000;
/** How many of the next jobs are searched for one of another owner. */
const MOST_SEARCHED = 50;

/** KEYS: rounds, waiting jobs, jobs in rounds. ARGV: owner, last round, milliseconds of idleness. */
const NEXT_ROUND = `
local time = redis.call('TIME')
local nowMs = time[1] * 1000 + math.floor(time[2] / 1000)
local takenMs = tonumber(redis.call('HGET', KEYS[1], 'takenMs')) or 0
if nowMs - takenMs > tonumber(ARGV[3]) and redis.call('EXISTS', KEYS[2], KEYS[3]) == 0 then
  redis.call('DEL', KEYS[1])
end
local latest = tonumber(redis.call('HGET', KEYS[1], ARGV[1])) or 0
local started = tonumber(redis.call('HGET', KEYS[1], 'started')) or 0
local round = math.min(math.max(latest, started) + 1, tonumber(ARGV[2]))
redis.call('HSET', KEYS[1], ARGV[1], round, 'takenMs', nowMs)
return round`;

/** KEYS: rounds. ARGV: the round of a task that starts. */
const ROUND_STARTED = `
local started = tonumber(redis.call('HGET', KEYS[1], 'started')) or 0
if tonumber(ARGV[1]) > started then redis.call('HSET', KEYS[1], 'started', ARGV[1]) end`;

/** KEYS: prioritized jobs. ARGV: owner, prefix of a job's key, the most jobs to search. 1 or 0. */
const OTHERS_WAIT = `
local owner = '"ownerId":"' .. ARGV[1] .. '"'
for _, id in ipairs(redis.call('ZRANGE', KEYS[1], 0, ARGV[3] - 1)) do
  local data = redis.call('HGET', ARGV[2] .. id, 'data')
  if data and not string.find(data, owner, 1, true) then return 1 end
end
return 0`;

/** The priority of a job whose attempt failed for no fault of its owner: before all first attempts. */
export const RETRY_PRIORITY = 0;

/** The round of the owner's next task, from 1. It is a BullMQ priority: the lowest starts first. */
export async function nextRound(redis: Redis, ownerId: string): Promise<number> {
  const jobs = `${PREFIX}:${GENERATION_QUEUE}`;
  const keys = [FAIR_QUEUE_HASH, `${jobs}:wait`, `${jobs}:prioritized`];
  const round = await redis.eval(NEXT_ROUND, keys.length, ...keys, ownerId, LAST_ROUND, IDLE_MS);
  return Number(round);
}

/** Notes that a task of this round starts. */
export async function roundStarted(redis: Redis, round: number): Promise<void> {
  await redis.eval(ROUND_STARTED, 1, FAIR_QUEUE_HASH, round);
}

/** Whether one of the next jobs to start is another owner's. */
export async function othersWait(redis: Redis, ownerId: string): Promise<boolean> {
  const jobs = `${PREFIX}:${GENERATION_QUEUE}:`;
  const args = [`${jobs}prioritized`, ownerId, jobs, MOST_SEARCHED];
  return (await redis.eval(OTHERS_WAIT, 1, ...args)) === 1;
}
