/** The other Redis adapters, held to their ports on a real Redis. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { beforeEach, describe, it } from 'node:test';
import { Queue } from 'bullmq';
import { until } from '../../local/until.ts';
import { nextRound, othersWait, roundStarted } from '../../src/adapters/redis/jobs/fair-queue.ts';
import { BullGenerationJobs } from '../../src/adapters/redis/jobs/generation-queue.ts';
import { refundJobs } from '../../src/adapters/redis/jobs/job-views.ts';
import { BullRefunds, refundWorker } from '../../src/adapters/redis/jobs/refund-queue.ts';
import { evictionPolicy, readMemoryUsage } from '../../src/adapters/redis/memory.ts';
import {
  RECONCILIATION_HASH,
  RESOLVED_HASH,
  RedisReconciliation,
} from '../../src/adapters/redis/reconciliation.ts';
import { publicText, TaskError } from '../../src/errors.ts';
import type { RefundIntent, RefundJob } from '../../src/ports/refunds.ts';
import { refundIntent } from '../../src/tryon/refund-intent.ts';
import { afterTests } from '../support/after-tests.ts';
import { openRedis } from '../support/redis.ts';
import { taskWith } from '../support/tryon/task.ts';

const { redis } = afterTests.use(await openRedis());

beforeEach(() => redis.flushall());

describe('the generation jobs', () => {
  it('are one for a session', async () => {
    await using jobs = new BullGenerationJobs(redis);
    const [one, two] = [taskWith(), taskWith()];
    await jobs.add(one);
    await jobs.add({ ...one, prompt: 'another' });
    await jobs.add(two);
    const alive = await jobs.aliveAmong([one.sessionId, two.sessionId, randomUUID()]);
    assert.deepEqual([...alive].sort(), [one.sessionId, two.sessionId].sort());
    await jobs.forget(one.sessionId);
    assert.deepEqual([...(await jobs.aliveAmong([one.sessionId]))], []);
  });
});

describe('the fair queue', () => {
  const rounds = async (...owners: string[]) => {
    const taken: number[] = [];
    for (const owner of owners) taken.push(await nextRound(redis, owner));
    return taken;
  };

  it('give each owner one task in a round, newcomers from the next one on', async () => {
    assert.deepEqual(await rounds('hog', 'hog', 'hog', 'other', 'hog'), [1, 2, 3, 1, 4]);
    await roundStarted(redis, 3);
    await roundStarted(redis, 2);
    assert.deepEqual(await rounds('newcomer', 'hog', 'other'), [4, 5, 4]);
  });

  it('begin again only when nothing waits and nothing came for a while', async () => {
    await using jobs = new BullGenerationJobs(redis);
    const takenAt = (ms: number) => redis.hset('wearon:turns', 'takenMs', ms);
    const waiting = taskWith();
    await takenAt(Date.now());
    await roundStarted(redis, 50);
    assert.deepEqual(await rounds('one'), [51]);
    await jobs.add(waiting);
    await takenAt(0);
    assert.deepEqual(await rounds('one'), [52]);
    await jobs.forget(waiting.sessionId);
    assert.deepEqual(await rounds('one'), [53]);
    await takenAt(0);
    assert.deepEqual(await rounds('one'), [1]);
  });

  it('knows whether another owner is among the next', async () => {
    await using jobs = new BullGenerationJobs(redis);
    const [own, other] = [taskWith(), taskWith()];
    await jobs.add({ ...own, prompt: `"ownerId":"${other.ownerId}"` });
    assert.equal(await othersWait(redis, own.ownerId), false);
    await jobs.add(other);
    assert.equal(await othersWait(redis, own.ownerId), true);
    assert.equal(await othersWait(redis, other.ownerId), true);
  });

  it('stay within what the queue can sort', async () => {
    await roundStarted(redis, 2_097_151);
    await redis.hset('wearon:turns', 'takenMs', Date.now());
    assert.deepEqual(await rounds('one', 'one'), [2_097_151, 2_097_151]);
  });
});

describe('the refunds', () => {
  it('of a former release are carried out, with the text of that failure', async () => {
    const { channel, ownerId, sessionId } = taskWith();
    const former = { channel, ownerId, sessionId, requestId: null, code: 'ABANDONED' };
    const completedAt = '2026-01-01T00:00:00.000Z';
    const queue = new Queue('refund', { connection: redis, prefix: 'wearon:bull' });
    await queue.add('refund', { ...former, detail: null, completedAt });
    const { promise, resolve } = Promise.withResolvers<RefundIntent>();
    const run = async ({ intent }: RefundJob) => {
      resolve(intent);
      return { kind: 'done' } as const;
    };
    const times = { concurrency: 1, lockMs: 2000 };
    await using _worker = refundWorker(redis, times, run, assert.ifError);
    const text = publicText('ABANDONED', null);
    assert.deepEqual(await promise, { ...former, detail: null, completedAt, version: 0, text });
    await queue.close();
  });

  it('that cannot be read do not block the session forever', async () => {
    const [fresh, old] = [taskWith().sessionId, taskWith().sessionId];
    const queue = new Queue('refund', { connection: redis, prefix: 'wearon:bull' });
    const add = (sessionId: string, ageMs: number) => {
      const jobId = `refund-${sessionId}`;
      return queue.add('refund', { version: 2 }, { jobId, timestamp: Date.now() - ageMs });
    };
    await add(fresh, 0);
    await add(old, 11 * 60_000);
    const times = { concurrency: 1, lockMs: 2000 };
    const errors: Error[] = [];
    const run = () => assert.fail('it was run');
    await using _worker = refundWorker(redis, times, run, (error) => errors.push(error));
    await until('one to wait', () => redis.zscore('wearon:bull:refund:delayed', `refund-${fresh}`));
    await until('one to go', async () => (await queue.getJob(`refund-${old}`)) === undefined);
    assert.match(errors[0]?.message ?? '', /cannot be read/);
    await using refunds = new BullRefunds(redis);
    assert.deepEqual([...(await refunds.aliveAmong([fresh, old]))], [fresh]);
    assert.deepEqual(await refundJobs(redis), []);
    await queue.close();
  });

  it('are one at a time for a session, and known until they are done', async () => {
    await using refunds = new BullRefunds(redis);
    const { channel, ownerId, sessionId } = taskWith();
    const ref = { channel, ownerId, sessionId };
    await refunds.add(refundIntent(ref, null, new TaskError('ABANDONED')));
    await refunds.add(refundIntent(ref, null, new TaskError('DEADLINE_EXCEEDED')));
    assert.deepEqual([...(await refunds.aliveAmong([sessionId, randomUUID()]))], [sessionId]);
    assert.equal(await redis.llen('wearon:bull:refund:wait'), 1);
  });
});

it('a Redis that evicts is a risk, one that does not is none', async () => {
  assert.equal(await evictionPolicy(redis), 'noeviction');
  await redis.config('SET', 'maxmemory-policy', 'allkeys-lru');
  assert.equal(await evictionPolicy(redis), 'allkeys-lru');
  await redis.config('SET', 'maxmemory-policy', 'noeviction');
});

it('the memory of Redis is known with and without a limit', async () => {
  await redis.config('SET', 'maxmemory', '0');
  const unlimited = await readMemoryUsage(redis);
  assert.ok((unlimited?.usedBytes ?? 0) > 100_000);
  assert.equal(unlimited?.limitBytes, null);
  await redis.config('SET', 'maxmemory', '1gb');
  assert.equal((await readMemoryUsage(redis))?.limitBytes, 1024 ** 3);
  await redis.config('SET', 'maxmemory', '0');
});

describe('records for a person', () => {
  const SESSION = '019a8c5e-0000-7000-8000-000000000003';
  const FORMER = {
    ...{ channel: 'b2b', ownerId: 'o', sessionId: SESSION, requestId: null },
    ...{ reason: 'no_payment_found', credits: 1, at: '2026-11-28T00:00:00.000Z' },
  };

  it('of a former or later release are read, and kept whole when filed away', async () => {
    const reconciliation = new RedisReconciliation(redis);
    const later = { ...FORMER, version: 2, reason: 'of_a_later_release', more: true };
    for (const record of [FORMER, later]) {
      await redis.hset(RECONCILIATION_HASH, SESSION, JSON.stringify(record));
      const [read] = await reconciliation.open();
      assert.deepEqual([read?.sessionId, read?.reason], [SESSION, record.reason]);
    }
    await reconciliation.resolve(SESSION, 'done');
    const filed = JSON.parse((await redis.hget(RESOLVED_HASH, SESSION)) ?? '');
    assert.deepEqual([filed.version, filed.more, filed.note], [2, true, 'done']);
  });

  it('that cannot be read are not overlooked', async () => {
    await redis.hset(RECONCILIATION_HASH, SESSION, 'nonsense');
    await assert.rejects(new RedisReconciliation(redis).open(), /cannot be read/);
    await redis.del(RECONCILIATION_HASH);
  });
});
