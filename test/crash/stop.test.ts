/**
 * The crash matrix, row X20, during a rescue: a stop begins nothing more
 * from its first moment, and waits for no one longer than for the attempts.
 */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { type Customer, createStore, type TryOn } from '../../local/platform.ts';
import { until } from '../../local/until.ts';
import { BullGenerationJobs } from '../../src/adapters/redis/jobs/generation-queue.ts';
import { BullRefunds } from '../../src/adapters/redis/jobs/refund-queue.ts';
import { INTAKE_LIST, RedisTaskList } from '../../src/adapters/redis/task-list.ts';
import type { WorkerEvent } from '../../src/ports/events.ts';
import { admitLeftovers } from '../../src/tryon/intake.ts';
import { useCrashShop } from '../support/crash-shop.ts';
import { assertCompleted, orderMany, orderTryOn, push } from '../support/shop.ts';
import { NO_GRACE } from '../support/worker-process.ts';
import { countOf } from '../support/worker-status.ts';

const crash = useCrashShop();
const LOST = 20;
const WAITING = 12;

/** Sessions that no one works on, old enough to be rescued, and whose they are. */
async function loseSessions(): Promise<Customer & { storeId: string }> {
  const { platform, stack } = crash.shop;
  const store = await createStore(platform, { credits: LOST });
  const { imageUrls } = (await orderTryOn(platform, store)).task;
  for (let count = 1; count < LOST; count++) await orderTryOn(platform, store, { imageUrls });
  await stack.database.query(
    `update store_generation_sessions set created_at = now() - interval '1 hour' where store_id = $1`,
    [store.storeId],
  );
  return store;
}

async function orderWaiting(): Promise<TryOn[]> {
  const store = await createStore(crash.shop.platform, { credits: WAITING });
  return orderMany(crash.shop.platform, store, WAITING);
}

it('X20: a stop in a rescue begins no attempt, call or other rescue', async () => {
  const { stack, platform } = crash.shop;
  const lost = await loseSessions();
  const tryOns = await orderWaiting();
  const sweep = stack.supabase.faults.add({
    path: new RegExp(`/object/sign/.*${lost.storeId}/generated/`),
    kind: 'hold',
    times: Number.POSITIVE_INFINITY,
  });
  const calls = stack.openai.faults.add({ method: 'POST', kind: 'hold', times: 2 });
  const first = await crash.startWorker({ WORKER_CONCURRENCY: '2', RESCUE_MIN_AGE_SECONDS: '600' });
  await push(platform, ...tryOns);
  await sweep.hit;
  await until('two calls to be under way', () => calls.hits === 2);
  await until('a third task to wait', () => countOf(first, 'images_prepared') === 3);
  const end = first.end('SIGTERM');
  await first.logged('generation_interrupted');
  calls.release();
  await until('what ran to be finished', () => countOf(first, 'generation_completed') === 2);
  sweep.release();
  assert.equal(await end, 0);
  assert.equal(countOf(first, 'generation_processing'), 3);
  assert.equal(crash.paidCalls(), 2);
  assert.equal(countOf(first, 'session_rescued'), 1);
  const second = await crash.startWorker();
  await assertCompleted(crash.shop, ...tryOns);
  assert.equal(crash.paidCalls(), WAITING);
  assert.ok(second.lines.every((line) => line.repeated !== true));
});

it('X20: a rescue without an answer does not block requeueing', async () => {
  const { stack, platform } = crash.shop;
  const lost = await loseSessions();
  const [tryOn] = await orderWaiting();
  assert.ok(tryOn);
  const sweep = stack.supabase.faults.add({
    path: new RegExp(`/object/sign/.*${lost.storeId}/generated/`),
    kind: 'hang',
  });
  const call = stack.openai.faults.add({ method: 'POST', kind: 'hold' });
  const first = await crash.startWorker({ ...NO_GRACE, RESCUE_MIN_AGE_SECONDS: '600' });
  await first.logged('pose_model_loaded');
  await push(platform, tryOn);
  await sweep.hit;
  await call.hit;
  const end = first.end('SIGTERM');
  await first.logged('generation_interrupted', tryOn);
  assert.equal(await end, 0);
  assert.equal(countOf(first, 'worker_stopped'), 1);
  call.release();
  await crash.startWorker();
  await assertCompleted(crash.shop, tryOn);
});

it('X20: a stop leaves the rest of the intake list in its place', async () => {
  const { redis } = crash.shop.platform;
  const messages = (await orderWaiting()).map(({ message }) => message);
  await redis.lpush(INTAKE_LIST, ...messages);
  const stop = new AbortController();
  await using jobs = new BullGenerationJobs(redis);
  await using refunds = new BullRefunds(redis);
  const source = new RedisTaskList(redis, redis);
  const record = ({ event }: WorkerEvent) => {
    if (event === 'task_received') stop.abort();
  };
  await admitLeftovers({ source, jobs, refunds, record, maxImages: 8 }, stop.signal);
  assert.equal(await redis.llen(INTAKE_LIST), WAITING - 1);
});

it('X20: an attempt that waits for its slot at a stop is requeued unpaid', async () => {
  const { stack, platform } = crash.shop;
  const store = await createStore(platform, { credits: 2 });
  const tryOns = [await orderTryOn(platform, store), await orderTryOn(platform, store)];
  const call = stack.openai.faults.add({ method: 'POST', kind: 'hold' });
  const first = await crash.startWorker({ OPENAI_RATE_LIMIT_PER_MINUTE: '1' });
  await push(platform, ...tryOns);
  await call.hit;
  await until('both to be under way', () => countOf(first, 'images_prepared') === 2);
  const end = first.end('SIGTERM');
  await first.logged('generation_interrupted');
  call.release();
  assert.equal(await end, 0);
  assert.equal(crash.paidCalls(), 1);
  // The next slot is a minute after the first.
  await platform.redis.del('wearon:gate:next');
  await crash.startWorker();
  await assertCompleted(crash.shop, ...tryOns);
  assert.equal(crash.paidCalls(), 2);
});
