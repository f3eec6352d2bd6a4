/**
 * One owner's many tasks do not make another owner's single task wait.
 */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { serverError } from '../../local/openai/vendor-errors.ts';
import { createPerson, createStore } from '../../local/platform.ts';
import { until } from '../../local/until.ts';
import { attemptsFor } from '../../src/tryon/call-slots.ts';
import { useCrashShop } from '../support/crash-shop.ts';
import { assertCompleted, orderTryOn, push, settledRow } from '../support/shop.ts';

const crash = useCrashShop();
const SLOTS = 2;
const MANY = 30;
/** BullMQ's retries by due time. Each worker moves those that are due to the waiting list, even with no slot free. */
const DELAYED = 'wearon:bull:generation:delayed';
const delayedCount = () => crash.shop.platform.redis.zcard(DELAYED);

/** A store's many tasks, two of them under way, then a person's one; resolves when all are jobs. */
async function crowd() {
  const { shop } = crash;
  const store = await createStore(shop.platform, { credits: MANY });
  const many = [];
  for (let count = 0; count < MANY; count += 1) {
    many.push(await orderTryOn(shop.platform, store, { prompt: 'for the store' }));
  }
  const single = await orderTryOn(shop.platform, await createPerson(shop.platform), {
    prompt: 'for the person',
  });
  const worker = await crash.startWorker({ WORKER_CONCURRENCY: String(SLOTS) });
  await push(shop.platform, ...many);
  await until('the slots to be taken', () => crash.paidCalls() === SLOTS);
  await push(shop.platform, single);
  await worker.logged('task_received', ({ session_id }) => session_id === single.sessionId);
  return { many, single };
}

/** Where among the calls to the image model the person's stands, from 0. */
function placeOfSingle(): number {
  return crash.shop.stack.openai.calls.findIndex(({ form }) =>
    form?.prompt.includes('for the person'),
  );
}

it('a single task of another owner starts within one round of attempts', async () => {
  const { faults } = crash.shop.stack.openai;
  const held = faults.add({ method: 'POST', times: SLOTS, kind: 'hold-after' });
  const { many, single } = await crowd();
  held.release();
  await assertCompleted(crash.shop, single);
  // One round started before it came; in the next one others may overtake it in their preparation.
  assert.ok(placeOfSingle() <= 2 * attemptsFor(SLOTS), `call ${placeOfSingle()}`);
  const rows = await Promise.all(many.map((tryOn) => settledRow(crash.shop, tryOn)));
  assert.ok(rows.every(({ status }) => status === 'completed'));
});

it('a retry goes before all first attempts, even if rounds began anew', async () => {
  const { platform, stack } = crash.shop;
  const { faults, calls } = stack.openai;
  const store = await createStore(platform, { credits: MANY });
  const order = (count: number) =>
    Promise.all(Array.from({ length: count }, () => orderTryOn(platform, store)));
  const [tried, others] = [await order(SLOTS), await order(MANY - SLOTS)];
  // Far beyond the slowest machine; the test makes them due itself.
  faults.add({ ...serverError(503, { 'retry-after': '120' }), times: SLOTS });
  await crash.startWorker({ WORKER_CONCURRENCY: String(SLOTS) });
  await platform.redis.hset('wearon:turns', { started: 5000, takenMs: Date.now() + 3_600_000 });
  await push(platform, ...tried);
  await until('both retries to be delayed', () => delayedCount().then((count) => count === SLOTS));

  await platform.redis.hset('wearon:turns', { takenMs: 0 });
  const held = faults.add({ method: 'POST', times: SLOTS, kind: 'hold' });
  await push(platform, ...others);
  await until('the slots to be taken', () => held.hits === SLOTS);
  await platform.redis.zadd(DELAYED, 'XX', ...tried.flatMap(({ sessionId }) => [1, sessionId]));
  await until('both retries to be due', () => delayedCount().then((count) => count === 0));
  const callsBefore = calls.length;
  held.release();
  const rows = await Promise.all(
    [...tried, ...others].map((tryOn) => settledRow(crash.shop, tryOn)),
  );
  assert.ok(rows.every(({ status }) => status === 'completed'));
  const ended = rows.slice(0, SLOTS).map(({ completed_at }) => completed_at.getTime());
  const before = rows.slice(SLOTS).filter(({ completed_at }) => completed_at < Math.max(...ended));
  assert.ok(
    before.length <= 2 * attemptsFor(SLOTS),
    `${before.length} of ${calls.length - callsBefore}`,
  );
});
