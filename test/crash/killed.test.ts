/**
 * The crash matrix, rows X1-X6, X8, X16, X17, X20: the process, or Redis, dies between two steps.
 * Each test stops the world at a named request, kills, starts another process, and counts.
 */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Fault } from '../../local/faults.ts';
import { moderationBlocked } from '../../local/openai/vendor-errors.ts';
import { createPerson, createStore, ledgerOf, type TryOn } from '../../local/platform.ts';
import { until } from '../../local/until.ts';
import { UPLOAD, useCrashShop } from '../support/crash-shop.ts';
import {
  assertCompleted,
  assertRefundedOnce,
  balanceReaches,
  orderForPayers,
  orderMany,
  orderTryOn,
  push,
  refundIsOver,
  settledRow,
} from '../support/shop.ts';
import { NO_GRACE, type WorkerProcess } from '../support/worker-process.ts';

const crash = useCrashShop();

it('X1: a task on the intake list of a dead process is handed over', async () => {
  const person = await createPerson(crash.shop.platform);
  const tryOn = await orderTryOn(crash.shop.platform, person);
  await push(crash.shop.platform, tryOn);
  const { redis } = crash.shop.platform;
  await redis.blmove(
    'wearon:tasks:generation',
    'wearon:tasks:generation:intake',
    'RIGHT',
    'LEFT',
    1,
  );
  await crash.startWorker();
  await assertCompleted(crash.shop, tryOn);
  assert.equal(await redis.llen('wearon:tasks:generation:intake'), 0);
});

/** Pushes the try-on, kills its worker while this request to Supabase is under way, and starts another. */
async function killAt(tryOn: TryOn, request: Fault): Promise<WorkerProcess> {
  const { platform, stack } = crash.shop;
  const fault = stack.supabase.faults.add(request);
  const first = await crash.startWorker();
  await push(platform, tryOn);
  await fault.hit;
  await first.end('SIGKILL');
  if (request.kind === 'hold') fault.release();
  return crash.startWorker();
}

it('X2: a task whose process dies before the paid call is generated once', async () => {
  const tryOn = await orderTryOn(crash.shop.platform, await createStore(crash.shop.platform));
  await killAt(tryOn, { method: 'GET', path: /\/uploads\//, kind: 'hold' });
  await assertCompleted(crash.shop, tryOn);
  assert.equal(crash.paidCalls(), 1);
});

it('X3: a death between paid call and upload costs one more call at most', async () => {
  const tryOn = await orderTryOn(crash.shop.platform, await createPerson(crash.shop.platform));
  const second = await killAt(tryOn, { ...UPLOAD, kind: 'hang' });
  await assertCompleted(crash.shop, tryOn);
  assert.equal(crash.paidCalls(), 2);
  await second.logged('generation_completed', tryOn);
});

it('X4: a picture uploaded before a death is delivered without a call', async () => {
  const tryOn = await orderTryOn(crash.shop.platform, await createPerson(crash.shop.platform));
  await killAt(tryOn, { method: 'POST', path: /\/object\/sign\/.*\/generated\//, kind: 'hold' });
  const row = await settledRow(crash.shop, tryOn);
  assert.equal(row.status, 'completed');
  assert.equal(crash.paidCalls(), 1);
  assert.ok(row.input_tokens > 0, 'the journal kept what the picture took');
});

/** Orders one try-on for each kind of payer and kills the worker while all their refunds are at the fault. */
async function killDuringRefunds(kind: 'hang' | 'hold-after'): Promise<TryOn[]> {
  const { platform, stack } = crash.shop;
  const tryOns = await orderForPayers(platform);
  stack.openai.faults.add({ ...moderationBlocked(), times: tryOns.length });
  const path = /\/rpc\/refund_/;
  const booking = stack.supabase.faults.add({ path, kind, times: tryOns.length });
  const worker = await crash.startWorker();
  await push(platform, ...tryOns);
  await until('every refund to be sent', () => booking.hits === tryOns.length);
  // Its hits are counted on arrival, the rows are written after that.
  if (kind === 'hold-after') await until('every refund to be booked', () => areBooked(tryOns));
  await worker.end('SIGKILL');
  stack.supabase.faults.clear();
  return tryOns;
}

async function areBooked(tryOns: readonly TryOn[]): Promise<boolean> {
  const ledgers = await Promise.all(tryOns.map((tryOn) => ledgerOf(crash.shop.platform, tryOn)));
  return ledgers.every((rows) => rows.some(({ type }) => type === 'refund'));
}

it('X5: a refund whose process died before booking is booked by the next', async () => {
  const tryOns = await killDuringRefunds('hang');
  const next = await crash.startWorker();
  for (const tryOn of tryOns) {
    await next.logged('credit_refunded', tryOn);
    await assertRefundedOnce(crash.shop, tryOn);
  }
});

it('X6: a refund booked right before a death is not booked again', async () => {
  const tryOns = await killDuringRefunds('hold-after');
  await crash.startWorker();
  for (const tryOn of tryOns) {
    await refundIsOver(crash.shop, tryOn);
    await assertRefundedOnce(crash.shop, tryOn);
  }
});

it('X8: a replica that starts leaves the sessions of the others alone', async () => {
  const tryOn = await orderTryOn(crash.shop.platform, await createStore(crash.shop.platform));
  const hold = crash.shop.stack.openai.faults.add({ method: 'POST', kind: 'hold' });
  const first = await crash.startWorker();
  await push(crash.shop.platform, tryOn);
  await hold.hit;
  const second = await crash.startWorker({ RESCUE_MIN_AGE_SECONDS: '0' });
  await second.end('SIGTERM');
  await crash.startWorker({ RESCUE_MIN_AGE_SECONDS: '0' });
  hold.release();
  await first.logged('generation_completed', tryOn);
  assert.equal(crash.paidCalls(), 1);
  assert.equal(
    (await ledgerOf(crash.shop.platform, tryOn)).some((row) => row.type === 'refund'),
    false,
  );
});

it('X16: a Redis crash loses and doubles no task', async () => {
  const store = await createStore(crash.shop.platform, { credits: 30 });
  const tryOns = await orderMany(crash.shop.platform, store, 12);
  crash.shop.stack.openai.latencyMs = 300;
  await crash.startWorker();
  const arrived = crash.shop.stack.openai.faults.arrived({ method: 'POST' });
  await push(crash.shop.platform, ...tryOns);
  await arrived;
  await crash.shop.stack.redis.kill();
  await crash.shop.stack.redis.start();
  await assertCompleted(crash.shop, ...tryOns);
  assert.ok(crash.paidCalls() <= 24);
});

it('X16: a picture that is paid for is delivered while Redis is away', async () => {
  const tryOn = await orderTryOn(crash.shop.platform, await createPerson(crash.shop.platform));
  const answered = crash.shop.stack.openai.faults.add({ method: 'POST', kind: 'hold-after' });
  await crash.startWorker();
  await push(crash.shop.platform, tryOn);
  await answered.hit;
  await crash.shop.stack.redis.kill();
  try {
    answered.release();
    const row = await settledRow(crash.shop, tryOn);
    assert.equal(row.status, 'completed');
    assert.ok(row.input_tokens > 0);
  } finally {
    await crash.shop.stack.redis.start();
  }
});

it('X17: sessions lost with a flushed Redis are refunded, in both channels', async () => {
  const { platform } = crash.shop;
  const tryOns = await orderForPayers(platform);
  await push(platform, ...tryOns);
  await platform.redis.flushall();
  await crash.startWorker({ RESCUE_MIN_AGE_SECONDS: '1' });
  for (const tryOn of tryOns) {
    assert.equal((await settledRow(crash.shop, tryOn)).status, 'failed');
    await balanceReaches(crash.shop, tryOn.customer, 10);
    await assertRefundedOnce(crash.shop, tryOn);
  }
});

it('X20: a stop finishes running attempts, requeues the rest, refunds none', async () => {
  const store = await createStore(crash.shop.platform, { credits: 40 });
  const tryOns = await orderMany(crash.shop.platform, store, 20);
  const hold = crash.shop.stack.openai.faults.add({ method: 'POST', times: 5, kind: 'hold' });
  const first = await crash.startWorker({ WORKER_CONCURRENCY: '5' });
  await push(crash.shop.platform, ...tryOns);
  await until('five calls to be under way', () => hold.hits === 5);
  const end = first.end('SIGTERM');
  await first.logged('shutting_down');
  hold.release();
  assert.equal(await end, 0);
  assert.equal(crash.paidCalls(), 5);
  await crash.startWorker();
  await assertCompleted(crash.shop, ...tryOns);
  assert.equal(crash.paidCalls(), 20);
});

it('X20: attempts that outlast the grace are finished by the next process', async () => {
  const tryOn = await orderTryOn(crash.shop.platform, await createStore(crash.shop.platform));
  const hold = crash.shop.stack.openai.faults.add({ method: 'POST', kind: 'hold' });
  const first = await crash.startWorker(NO_GRACE);
  await first.logged('pose_model_loaded');
  await push(crash.shop.platform, tryOn);
  await hold.hit;
  assert.equal(await first.end('SIGTERM'), 0);
  hold.release();
  await crash.startWorker();
  const row = await settledRow(crash.shop, tryOn);
  assert.equal(row.status, 'completed');
});
