/**
 * One command that shows whether a Redis can serve the worker: it runs a script, writes, and
 * returns the time.
 */
import type { Redis } from 'ioredis';
import { TASK_LIST } from './task-list.ts';

const PROBE_KEY = 'wearon:probe';
const PROBE_EXPIRY_MS = 10_000;

/**
 * KEYS: the probe, the task list. ARGV: how long the probe stays, ms. The list is not touched: it is
 * named because the worker's scripts use several keys, which a cluster refuses.
 */
const PROBE = `
redis.call('SET', KEYS[1], '1', 'PX', ARGV[1])
local time = redis.call('TIME')
return time[1] * 1000 + math.floor(time[2] / 1000)`;

/** The time by Redis, ms since the epoch. Rejects with what Redis answers when it cannot serve. */
export async function probeRedis(redis: Redis): Promise<number> {
  return Number(await redis.eval(PROBE, 2, PROBE_KEY, TASK_LIST, PROBE_EXPIRY_MS));
}

/** Does this answer come from a node of a Redis Cluster? */
export function isClusterAnswer(error: Error): boolean {
  return /^(CROSSSLOT|MOVED|ASK|CLUSTERDOWN)\b/.test(error.message);
}

/** The rights that a Redis user needs (docs/scaling.md), as ACL SETUSER takes them. */
export const REDIS_ACL = '~wearon:* resetchannels &wearon:* +@all -@admin -@dangerous';

export const NO_CLUSTER =
  'REDIS_URL names a Redis Cluster; the task list and its intake list lie in different slots there, ' +
  'so a task cannot be moved in one step: use a Redis without cluster mode';

export const NO_DATABASE =
  'REDIS_URL names a database that Redis does not have, or that its user may not choose: end it with ' +
  'the number of the database that the platform uses';
