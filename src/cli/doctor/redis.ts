/**
 * Can Redis serve the worker: is it reachable, new enough, writable, and sure to keep what it is given?
 */
import type { Redis } from 'ioredis';
import { drainingSince } from '../../adapters/redis/drain.ts';
import { openRedis } from '../../adapters/redis/fail-fast-connection.ts';
import { evictionPolicy, NO_EVICTION, readMemoryUsage } from '../../adapters/redis/memory.ts';
import { isClusterAnswer, NO_CLUSTER, probeRedis, REDIS_ACL } from '../../adapters/redis/probe.ts';
import { redact } from '../../telemetry/redaction.ts';
import { type Check, clockCheck, fail, ok, warn } from './check.ts';

/** Above this share of `maxmemory` it is time to act. */
const FULL_SHARE = 0.9;
/** BLMOVE came with 6.2. */
const LEAST_VERSION = [6, 2] as const;

export async function checkRedis(url: string): Promise<Check[]> {
  let redis: Redis;
  const startedAt = performance.now();
  try {
    redis = await openRedis(url);
  } catch (error) {
    return [unusable(redact((error as Error).message))];
  }
  try {
    const ms = Math.round(performance.now() - startedAt);
    return [
      ok('Redis', `reachable, connected in ${ms} ms`),
      await checkService(redis),
      await checkVersion(redis),
      await checkMemory(redis),
      await checkEviction(redis),
      await checkDrain(redis),
      await checkClock(redis),
    ];
  } finally {
    redis.disconnect();
  }
}

/** Why no connection can be used: Redis refused it, or was not reached. */
function unusable(message: string): Check {
  if (/^(WRONGPASS|NOAUTH|ERR invalid password)/.test(message)) {
    const finding = message.startsWith('NOAUTH')
      ? 'asks for a password, and REDIS_URL has none'
      : 'refuses the user or the password in REDIS_URL';
    return fail('Redis', finding, 'set REDIS_URL=redis://user:password@host:port, percent-encoded');
  }
  if (/DB index/.test(message)) {
    return fail('Redis', message, 'set REDIS_URL to end with the database that the platform uses');
  }
  const fix =
    'set REDIS_URL to a Redis that runs and can be reached from here (rediss:// only where it speaks TLS)';
  return fail('Redis', `not reachable: ${message}`, fix);
}

/** Runs the worker's own probe: a script that writes. */
async function checkService(redis: Redis): Promise<Check> {
  try {
    await probeRedis(redis);
    return ok('Redis service', 'runs scripts and writes');
  } catch (error) {
    const { message } = error as Error;
    return fail(
      'Redis service',
      `refuses the probe: ${redact(message)}`,
      await fixFor(message, redis),
    );
  }
}

async function fixFor(message: string, redis: Redis): Promise<string> {
  if (isClusterAnswer(new Error(message))) return NO_CLUSTER;
  if (/READONLY|MASTERDOWN/.test(message)) {
    const role: unknown = await redis.call('ROLE').catch(() => []);
    const primary =
      Array.isArray(role) && role[0] === 'slave' ? ` (now ${role[1]}:${role[2]})` : '';
    return `this is a replica: set REDIS_URL to the primary${primary}`;
  }
  if (/OOM/.test(message)) return 'memory is full: raise maxmemory; until then no task is taken';
  if (/NOPERM/.test(message)) return `give the user the rights in docs/scaling.md: ${REDIS_ACL}`;
  if (/MISCONF|NOREPLICAS/.test(message))
    return 'repair what the message names; until then nothing is written';
  if (/LOADING|BUSY/.test(message)) return 'wait: Redis is loading its data or running a script';
  return 'the worker needs EVAL, SET and TIME: choose a Redis that allows scripts';
}

/** Warns while the memory is nearly full: at `maxmemory` nothing can be written. */
async function checkMemory(redis: Redis): Promise<Check> {
  const usage = await readMemoryUsage(redis).catch(() => null);
  if (usage === null) return ok('Redis memory', 'not shown to this user');
  const { usedBytes, limitBytes } = usage;
  const used = `${Math.round(usedBytes / 1e6)} MB used`;
  if (limitBytes === null) return ok('Redis memory', used);
  const finding = `${used} of ${Math.round(limitBytes / 1e6)} MB`;
  return usedBytes / limitBytes < FULL_SHARE
    ? ok('Redis memory', finding)
    : warn('Redis memory', finding, 'raise maxmemory: when it is full, no task is taken');
}

async function checkVersion(redis: Redis): Promise<Check> {
  const info = await redis.info('server').catch(() => '');
  const version = /redis_version:(\d+)\.(\d+)[^\r\n]*/.exec(info);
  if (version === null) return warn('Redis version', 'hidden', 'make sure it is 6.2 or newer');
  const [line, major, minor] = version;
  const finding = line.replace('redis_version:', '');
  const isOld =
    Number(major) < LEAST_VERSION[0] ||
    (Number(major) === LEAST_VERSION[0] && Number(minor) < LEAST_VERSION[1]);
  return isOld
    ? fail('Redis version', finding, 'the worker needs Redis 6.2 or newer')
    : ok('Redis version', finding);
}

async function checkEviction(redis: Redis): Promise<Check> {
  const policy = await evictionPolicy(redis);
  if (policy === NO_EVICTION) return ok('Redis eviction', 'keeps everything');
  if (policy === null)
    return warn('Redis eviction', 'policy hidden', 'make sure maxmemory-policy is noeviction');
  return fail(
    'Redis eviction',
    `maxmemory-policy is ${policy}: tasks may be lost`,
    'set maxmemory-policy to noeviction; until then no task is taken',
  );
}

async function checkDrain(redis: Redis): Promise<Check> {
  const since = await drainingSince(redis);
  return since === null
    ? ok('intake', 'not drained')
    : warn('intake', `drained since ${since}`, 'take tasks again with `wearon drain --off`');
}

async function checkClock(redis: Redis): Promise<Check> {
  const sentMs = Date.now();
  const [seconds, micros] = await redis.time();
  const theirsMs = Number(seconds) * 1000 + Number(micros) / 1000;
  return clockCheck('Redis', theirsMs, (sentMs + Date.now()) / 2);
}
