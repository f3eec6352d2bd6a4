/**
 * Is Redis there, new enough, and sure to keep what it is given?
 */
import type { Redis } from 'ioredis';
import { openRedis } from '../../adapters/redis/brief-connection.ts';
import { evictionRisk } from '../../adapters/redis/connection.ts';
import { drainingSince } from '../../adapters/redis/drain.ts';
import { redact } from '../../telemetry/redaction.ts';
import { type Check, clockCheck, fail, ok, warn } from './check.ts';

/** BLMOVE came with 6.2. */
const LEAST_VERSION = [6, 2] as const;

export async function checkRedis(url: string): Promise<Check[]> {
  let redis: Redis;
  const startedAt = performance.now();
  try {
    redis = await openRedis(url);
  } catch (error) {
    const mend = 'set REDIS_URL to a Redis that runs and can be reached from here';
    return [fail('Redis', `not reachable: ${redact((error as Error).message)}`, mend)];
  }
  try {
    const ms = Math.round(performance.now() - startedAt);
    return [
      ok('Redis', `reachable, connected in ${ms} ms`),
      await checkVersion(redis),
      await checkEviction(redis),
      await checkDrain(redis),
      await checkClock(redis),
    ];
  } finally {
    redis.disconnect();
  }
}

async function checkVersion(redis: Redis): Promise<Check> {
  const info = await redis.info('server').catch(() => '');
  const version = /redis_version:(\d+)\.(\d+)[^\r\n]*/.exec(info);
  if (version === null) return warn('Redis version', 'hidden', 'make sure it is 6.2 or newer');
  const [line, major, minor] = version;
  const says = line.replace('redis_version:', '');
  const isOld =
    Number(major) < LEAST_VERSION[0] ||
    (Number(major) === LEAST_VERSION[0] && Number(minor) < LEAST_VERSION[1]);
  return isOld
    ? fail('Redis version', says, 'the worker needs Redis 6.2 or newer')
    : ok('Redis version', says);
}

async function checkEviction(redis: Redis): Promise<Check> {
  const risk = await evictionRisk(redis);
  return risk === null
    ? ok('Redis eviction', 'keeps everything')
    : fail(
        'Redis eviction',
        risk,
        'set maxmemory-policy to noeviction; until then no task is taken',
      );
}

async function checkDrain(redis: Redis): Promise<Check> {
  const since = await drainingSince(redis);
  return since === null
    ? ok('intake', 'tasks are taken')
    : warn('intake', `drained since ${since}`, 'take tasks again with `wearon drain --off`');
}

async function checkClock(redis: Redis): Promise<Check> {
  const sentMs = Date.now();
  const [seconds, micros] = await redis.time();
  const theirsMs = Number(seconds) * 1000 + Number(micros) / 1000;
  return clockCheck('Redis', theirsMs, (sentMs + Date.now()) / 2);
}
