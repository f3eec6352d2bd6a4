/** `wearon doctor` on Redis: what it may do, what it keeps, and who refuses. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { startLocalStack } from '../../local/stack.ts';
import { openRedis } from '../../src/adapters/redis/fail-fast-connection.ts';
import type { Check } from '../../src/cli/doctor/check.ts';
import { afterTests } from '../support/after-tests.ts';
import { wearon } from '../support/cli.ts';
import { doctorOn } from '../support/doctor.ts';
import { asUser, withRedis } from '../support/redis.ts';

const stack = afterTests.use(await startLocalStack({ openai: { plain: true } }));
const { examine, theFinding } = doctorOn(stack);

/** The one finding with a user of its own that lacks these commands. */
async function findingWithout(commands: string): Promise<Check> {
  const { url } = stack.redis;
  const rights = `~* +@all ${commands}`;
  return theFinding({ REDIS_URL: await withRedis(url, (redis) => asUser(url, { redis, rights })) });
}

/** The finding of the probe while the setting has a value. */
async function findingWith(change: readonly string[], back: readonly string[]): Promise<Check> {
  const redis = await openRedis(stack.redis.url);
  const [command = '', ...args] = change;
  const [backCommand = '', ...backArgs] = back;
  await redis.call(command, ...args);
  try {
    const { checks } = await examine();
    const check = checks.find(({ name }) => name === 'Redis service');
    return check ?? assert.fail();
  } finally {
    await redis.call(backCommand, ...backArgs);
    redis.disconnect();
  }
}

describe('the doctor finds of Redis', () => {
  it('a replica, with its primary, and a full memory', async () => {
    const memory = ['CONFIG', 'SET', 'maxmemory'];
    for (const [change, back, fix] of [
      [['REPLICAOF', '127.0.0.1', '7'], ['REPLICAOF', 'NO', 'ONE'], /is a replica.*127\.0\.0\.1:7/],
      [[...memory, '1'], [...memory, '0'], /raise maxmemory/],
    ] as const) {
      const check = await findingWith(change, back);
      assert.equal(check.state, 'fail');
      assert.match(check.fix ?? '', fix);
    }
  });

  it('a user that may not run scripts', async () => {
    const check = await findingWithout('-eval');
    assert.equal(check.name, 'Redis service');
    assert.match(check.fix ?? '', /rights/);
  });

  it('that it may throw tasks away', async () => {
    const redis = await openRedis(stack.redis.url);
    try {
      await redis.config('SET', 'maxmemory-policy', 'allkeys-lru');
      const check = await theFinding();
      assert.equal(check.state, 'fail');
      assert.match(check.finding, /allkeys-lru/);
    } finally {
      await redis.config('SET', 'maxmemory-policy', 'noeviction');
      redis.disconnect();
    }
  });

  it('that the worker is drained', async () => {
    await wearon(stack.env, ['drain', '--yes']);
    const check = await theFinding();
    assert.deepEqual([check.name, check.state], ['intake', 'warn']);
    await wearon(stack.env, ['drain', '--off']);
  });
});
