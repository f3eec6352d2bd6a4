/**
 * Whose turn it is: every task gets the number of a round, and each owner has one task in a round,
 * so that owners start their tasks in turns however many each of them has. A newcomer's first round
 * is the one after the latest that has started. (Start-time fair queueing: Goyal, Vin, Cheng 1996.)
 */
import type { Redis } from 'ioredis';
import { GENERATION_QUEUE, PREFIX } from './bullmq.ts';

/** Per owner the round of its latest task; `started` is the latest round that has begun. */
const TURNS_HASH = 'wearon:turns';
/** The largest priority that BullMQ knows; rounds beyond it are one. */
const LAST_ROUND = 2_097_151;
/** Rounds begin at 1 again when no task has come for so long and none is waiting. */
const IDLE_MS = 1000;

/** KEYS: turns, waiting jobs, jobs in rounds. ARGV: owner, last round, milliseconds of idleness. */
const TAKE_TURN = `
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

/** KEYS: turns. ARGV: the round of a task that starts. */
const BEGIN_ROUND = `
local started = tonumber(redis.call('HGET', KEYS[1], 'started')) or 0
if tonumber(ARGV[1]) > started then redis.call('HSET', KEYS[1], 'started', ARGV[1]) end`;

/** The round of the owner's next task, from 1. It is a BullMQ priority: the lowest starts first. */
export async function takeTurn(redis: Redis, ownerId: string): Promise<number> {
  const jobs = `${PREFIX}:${GENERATION_QUEUE}`;
  const keys = [TURNS_HASH, `${jobs}:wait`, `${jobs}:prioritized`];
  const round = await redis.eval(TAKE_TURN, keys.length, ...keys, ownerId, LAST_ROUND, IDLE_MS);
  return Number(round);
}

/** Notes that a task of this round starts. */
export async function beginRound(redis: Redis, round: number): Promise<void> {
  await redis.eval(BEGIN_ROUND, 1, TURNS_HASH, round);
}
