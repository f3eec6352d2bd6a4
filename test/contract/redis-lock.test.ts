/** The lock by which one replica at a time sweeps, on a real Redis. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { RedisLock } from '../../src/adapters/redis/lock.ts';
import { afterTests } from '../support/after-tests.ts';
import { openRedis } from '../support/redis.ts';

const { redis } = afterTests.use(await openRedis());

it('the lock lets one in at a time, and the next once it is released', async () => {
  const lock = new RedisLock(redis, 'test:lock', 10_000);
  const second = await lock.during(() => lock.during(async () => 'second'));
  assert.equal(second, null);
  assert.equal(await lock.during(async () => 'third'), 'third');
});

it('the lock is not released by a holder that has lost it to another', async () => {
  const lock = new RedisLock(redis, 'test:lost', 10_000);
  await lock.during(async () => {
    await redis.set('test:lost', 'another holder');
  });
  assert.equal(await redis.get('test:lost'), 'another holder');
});

it('a lost lock aborts the work of its holder', async () => {
  const lock = new RedisLock(redis, 'test:aborts', 60);
  const aborted = await lock.during(async (lost) => {
    await redis.set('test:aborts', 'another holder');
    await new Promise((resolve) => lost.addEventListener('abort', resolve, { once: true }));
    return lost.aborted;
  });
  assert.equal(aborted, true);
});
