/** The counts that metrics and operators see, on a real Redis. */
import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { readGateState } from '../../src/adapters/redis/gate/provider-gate.ts';
import { PREFIX, REFUND_QUEUE, refundJobId } from '../../src/adapters/redis/jobs/bullmq.ts';
import { BullGenerationJobs } from '../../src/adapters/redis/jobs/generation-queue.ts';
import { BullRefunds } from '../../src/adapters/redis/jobs/refund-queue.ts';
import { readQueueStats } from '../../src/adapters/redis/queue-stats.ts';
import { DEAD_LETTER_LIST, INTAKE_LIST, TASK_LIST } from '../../src/adapters/redis/task-list.ts';
import { TaskError } from '../../src/errors.ts';
import { refundIntent } from '../../src/tryon/refund-intent.ts';
import { afterTests } from '../support/after-tests.ts';
import { openRedis } from '../support/redis.ts';
import { taskWith } from '../support/tryon/task.ts';

const { redis } = afterTests.use(await openRedis());

beforeEach(() => redis.flushall());

const ago = (seconds: number) => new Date(Date.now() - seconds * 1000).toISOString();

function message(createdAt: string): string {
  return JSON.stringify({ session_id: crypto.randomUUID(), created_at: createdAt });
}

/** Whether a measured age is the true one, up to the time the test itself took. */
function assertAge(measured: number, seconds: number): void {
  assert.ok(measured >= seconds && measured < seconds + 60, `${measured} s, not ${seconds} s`);
}

describe('the queue stats', () => {
  it('are all zero on an empty Redis', async () => {
    const { places, ...counts } = await readQueueStats(redis);
    for (const place of Object.values(places)) {
      assert.deepEqual(place, { tasks: 0, oldestAgeSeconds: 0 });
    }
    const zero = {
      givenUp: 0,
      refundsOutstanding: 0,
      oldestRefundAgeSeconds: 0,
      deadLetters: 0,
      reconciliation: 0,
      webhooks: { pending: 0, undelivered: 0 },
    };
    assert.deepEqual(counts, zero);
  });

  it('count the tasks on the lists and the age of the oldest', async () => {
    for (const seconds of [3000, 2000, 1000]) await redis.lpush(TASK_LIST, message(ago(seconds)));
    await redis.lpush(INTAKE_LIST, message(ago(500)));
    const { places } = await readQueueStats(redis);
    assert.equal(places.list.tasks, 3);
    assertAge(places.list.oldestAgeSeconds, 3000);
    assert.equal(places.intake.tasks, 1);
    assertAge(places.intake.oldestAgeSeconds, 500);
  });

  it('take a job to be as old as its task, not as its place in the queue', async () => {
    await using jobs = new BullGenerationJobs(redis);
    await jobs.add(taskWith({ createdAt: ago(1000) }));
    await jobs.add(taskWith({ createdAt: ago(4000) }));
    const { places } = await readQueueStats(redis);
    assert.equal(places.waiting.tasks, 2);
    assertAge(places.waiting.oldestAgeSeconds, 4000);
  });

  it('count outstanding refunds, dead letters and reconciliation records', async () => {
    await using refunds = new BullRefunds(redis);
    const task = taskWith({ createdAt: ago(1) });
    await refunds.add(refundIntent(task, task.requestId, new TaskError('ABANDONED')));
    await redis.lpush(DEAD_LETTER_LIST, '{}', '{}');
    await redis.hset('wearon:reconciliation', task.sessionId, '{}');
    const stats = await readQueueStats(redis);
    const { refundsOutstanding, deadLetters, reconciliation } = stats;
    assert.deepEqual([refundsOutstanding, deadLetters, reconciliation], [1, 2, 1]);
  });

  it('take the age of the oldest refund, wherever it waits', async () => {
    await using refunds = new BullRefunds(redis);
    for (const seconds of [400, 900, 10]) {
      const task = taskWith({ createdAt: ago(1) });
      await refunds.add(refundIntent(task, task.requestId, new TaskError('ABANDONED')));
      const job = `${PREFIX}:${REFUND_QUEUE}:${refundJobId(task.sessionId)}`;
      await redis.hset(job, 'timestamp', Date.now() - seconds * 1000);
    }
    assertAge((await readQueueStats(redis)).oldestRefundAgeSeconds, 900);
  });

  it('survive a message that is not a task', async () => {
    await redis.lpush(TASK_LIST, 'rubbish');
    const { list } = (await readQueueStats(redis)).places;
    assert.deepEqual(list, { tasks: 1, oldestAgeSeconds: 0 });
  });
});

describe('the state of the provider gate', () => {
  it('follows the breaker from closed over open to half-open', async () => {
    assert.deepEqual(await readGateState(redis, 'openai'), {
      breaker: 'closed',
      slowness: 1,
      trip: null,
    });
    await redis.mset('wearon:gate:tripped', 'X', 'wearon:gate:open', 'X');
    await redis.set('wearon:gate:slowness', '2.5');
    assert.deepEqual(await readGateState(redis, 'openai'), {
      breaker: 'open',
      slowness: 2.5,
      trip: { code: 'X', since: null },
    });
    await redis.del('wearon:gate:open');
    assert.equal((await readGateState(redis, 'openai')).breaker, 'half_open');
  });
});
