/**
 * The generation queue on a real Redis: what is left of a job that is done, and in which order jobs
 * are run.
 */
import assert from 'node:assert/strict';
import { beforeEach, it } from 'node:test';
import { until } from '../../local/until.ts';
import { GENERATION_QUEUE, openQueue } from '../../src/adapters/redis/jobs/bullmq.ts';
import {
  BullGenerationJobs,
  generationWorker,
} from '../../src/adapters/redis/jobs/generation-queue.ts';
import { BullRefunds } from '../../src/adapters/redis/jobs/refund-queue.ts';
import { TaskError } from '../../src/errors.ts';
import type { Journal } from '../../src/ports/jobs.ts';
import type { Task } from '../../src/ports/session.ts';
import { refundIntent } from '../../src/tryon/refund-intent.ts';
import { afterTests } from '../support/after-tests.ts';
import { openRedis } from '../support/redis.ts';
import { taskWith } from '../support/tryon/task.ts';

const PREFIX = 'wearon:bull:generation';
const { redis } = afterTests.use(await openRedis());

beforeEach(() => redis.flushall());

function task(prompt = 'a coat'): Task {
  return taskWith({ imageUrls: ['https://example.com/a.jpg?token=secret'], prompt });
}

function startWorker(
  run: Parameters<typeof generationWorker>[2],
  { concurrency = 1, lockMs = 20_000 } = {},
) {
  const worker = generationWorker(redis, { concurrency, lockMs }, run, () => {});
  return { [Symbol.asyncDispose]: () => worker.stop(0) };
}

const isDone = ({ sessionId }: Task) =>
  until('the job to be done', async () => {
    return (await redis.zscore(`${PREFIX}:completed`, sessionId)) !== null;
  });

it('a job that is done keeps no link and no prompt, and is not run again', async () => {
  await using jobs = new BullGenerationJobs(redis);
  const [one, other] = [task(), task()];
  let runs = 0;
  await using _worker = startWorker(async () => {
    runs += 1;
    return { kind: 'done' };
  });
  await jobs.add(one);
  await isDone(one);
  const fields = JSON.stringify(await redis.hgetall(`${PREFIX}:${one.sessionId}`));
  assert.match(fields, new RegExp(one.ownerId));
  assert.doesNotMatch(fields, /secret|coat/);

  // As after a crash between the two: its process died, and the job is found stalled.
  await redis.zrem(`${PREFIX}:completed`, one.sessionId);
  await redis.lpush(`${PREFIX}:wait`, one.sessionId);
  await jobs.add(other);
  await isDone(other);
  await isDone(one);
  assert.equal(runs, 2);
});

it('a session pushed again gets a job once its refund is booked', async () => {
  await using jobs = new BullGenerationJobs(redis);
  await using refunds = new BullRefunds(redis);
  const again = task();
  let runs = 0;
  await using _worker = startWorker(async () => {
    runs += 1;
    return { kind: 'done' };
  });
  await jobs.add(again);
  await isDone(again);
  const { sessionId, requestId } = again;
  await refunds.add(refundIntent(again, requestId, new TaskError('ABANDONED')));
  await jobs.add(again);
  assert.notEqual(await redis.zscore(`${PREFIX}:completed`, sessionId), null);
  await redis.del(`wearon:bull:refund:refund-${sessionId}`);
  await jobs.add(again);
  await until('the second run', () => runs === 2);
});

it('a job that waits for its owner’s links comes after all that wait', async () => {
  await using jobs = new BullGenerationJobs(redis);
  const order: string[] = [];
  const tasks = ['slow', 'one', 'two', 'three'].map((prompt) => task(prompt));
  for (const one of tasks) await jobs.add(one);
  await using _worker = startWorker(async ({ task: { prompt } }) => {
    order.push(prompt);
    if (prompt === 'slow' && order.length === 1) {
      return { kind: 'again', delayMs: 1, behindOthers: true };
    }
    // The others begin once the first could go on.
    await until('the retry to be due', async () => {
      const delayed = await redis.zcount(`${PREFIX}:delayed`, `(${Date.now() * 4096}`, '+inf');
      return delayed === 0;
    });
    return { kind: 'done' };
  });
  await until('all to be run', () => order.length === 5);
  assert.deepEqual(order, ['slow', 'one', 'two', 'three', 'slow']);
});

it('one owner has half of the slots at most while another waits', async () => {
  await using jobs = new BullGenerationJobs(redis);
  const hog = task('hog');
  const many = Array.from({ length: 8 }, () => taskWith({ ownerId: hog.ownerId, prompt: 'hog' }));
  const others = ['one', 'two', 'three'].map((prompt) => task(prompt));
  const running: { prompt: string; end: () => void }[] = [];
  const begun: string[] = [];
  let isOver = false;
  await using _worker = startWorker(
    async ({ task: { prompt } }) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      running.push({ prompt, end: resolve });
      begun.push(prompt);
      if (!isOver) await promise;
      return { kind: 'done' };
    },
    { concurrency: 4 },
  );
  using _ending = {
    [Symbol.dispose]: () => {
      isOver = true;
      for (const { end } of running) end();
    },
  };
  const endOne = async () => {
    const count = begun.length;
    running.shift()?.end();
    await until('the next to begin', () => begun.length > count);
  };
  for (const one of many) await jobs.add(one);
  await until('all slots to be the one owner’s', () => begun.length === 4);
  for (const other of others) await jobs.add(other);
  await endOne();
  await endOne();
  await endOne();
  assert.deepEqual(begun.slice(4, 6), ['one', 'two']);
  assert.ok(running.filter(({ prompt }) => prompt === 'hog').length <= 2);
});

it('no job is taken from its process for 2 s after a silence of all', async () => {
  // Jobs without a lock are looked for four times in its 800 ms.
  await using _worker = startWorker(async () => ({ kind: 'done' }), { lockMs: 800 });
  await until('the first check', () => redis.exists(`${PREFIX}:checked`));
  const pauseMs = await redis.pttl(`${PREFIX}:stalled-check`);
  assert.ok(pauseMs > 200 && pauseMs <= 2000, `${pauseMs} ms`);
});

/** Puts a job on the queue as another release would, with data of its own form. */
async function addAs(sessionId: string, data: object, ageMs = 0): Promise<void> {
  const queue = openQueue(GENERATION_QUEUE, redis);
  const timestamp = Date.now() - ageMs;
  await queue.add('generate', data, { jobId: sessionId, priority: 1, timestamp });
  await queue.close();
}

it('jobs of the former and of the next release run with our own', async () => {
  await using jobs = new BullGenerationJobs(redis);
  const [former, own, next] = [task('former'), task('own'), task('next')];
  const journal = {
    failures: { PROVIDER_BUSY: 2 },
    providerCalls: 1,
    callOpen: false,
    result: null,
  };
  await addAs(former.sessionId, { task: former, journal });
  await jobs.add(own);
  const later = { ...journal, failures: { NEW_CODE: 1, PROVIDER_BUSY: 2 }, noteOfNext: 'kept' };
  await addAs(next.sessionId, { version: 2, task: { ...next, tags: ['kept'] }, journal: later });
  const seen = new Map<string, Journal>();
  await using _worker = startWorker(async (job) => {
    await job.record({ ...job.journal, providerCalls: job.journal.providerCalls + 1 });
    seen.set(job.task.prompt, job.journal);
    return { kind: 'again', delayMs: 3_600_000 };
  });
  await until('all three to run', () => seen.size === 3);
  assert.deepEqual(seen.get('former')?.failures, { PROVIDER_BUSY: 2 });
  assert.deepEqual(seen.get('next')?.failures, { PROVIDER_BUSY: 2 });
  assert.equal(seen.get('own')?.providerCalls, 1);
  const stored = JSON.parse((await redis.hget(`${PREFIX}:${next.sessionId}`, 'data')) ?? '');
  assert.deepEqual([stored.version, stored.task.tags], [2, ['kept']]);
  assert.deepEqual([stored.journal.noteOfNext, stored.journal.providerCalls], ['kept', 2]);
});

it('a job with unreadable data is left to a later release, then removed', async () => {
  const [fresh, old] = [task(), task()];
  const unreadable = { task: { id: 'of a later form' }, journal: {} };
  await addAs(fresh.sessionId, unreadable);
  await addAs(old.sessionId, unreadable, 11 * 60_000);
  await using _worker = startWorker(() => assert.fail('it was run'));
  await until('one to wait', () => redis.zscore(`${PREFIX}:delayed`, fresh.sessionId));
  await until('one to go', async () => (await redis.exists(`${PREFIX}:${old.sessionId}`)) === 0);
});
