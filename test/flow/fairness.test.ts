/**
 * One owner's many tasks do not make another owner's single task wait.
 */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { serverError } from '../../local/openai/vendor-errors.ts';
import { createPerson, createStore } from '../../local/platform.ts';
import { until } from '../../local/until.ts';
import { useCrashShop } from '../support/crash-shop.ts';
import { orderTryOn, push, settledRow } from '../support/shop.ts';

const crash = useCrashShop();
const SLOTS = 2;
const MANY = 30;
/** BullMQ sorts by the time in ms, shifted left by 12 bits. */
const DELAYED = 'wearon:bull:generation:delayed';
const isAllTried = (count: number) => count === SLOTS;

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

it('a single task starts within one turn of the slots, whoever was there before', async () => {
  const { faults } = crash.shop.stack.openai;
  const held = faults.add({ method: 'POST', times: SLOTS, kind: 'hold-after' });
  const { many, single } = await crowd();
  held.release();
  assert.equal((await settledRow(crash.shop, single)).status, 'completed');
  assert.ok(placeOfSingle() < 2 * SLOTS, `call ${placeOfSingle()}`);
  const rows = await Promise.all(many.map((tryOn) => settledRow(crash.shop, tryOn)));
  assert.ok(rows.every(({ status }) => status === 'completed'));
});

it('a task that is tried again goes before all that have not begun, even if the rounds began anew', async () => {
  const { platform, stack } = crash.shop;
  const { faults, calls } = stack.openai;
  const store = await createStore(platform, { credits: MANY });
  const order = (count: number) =>
    Promise.all(Array.from({ length: count }, () => orderTryOn(platform, store)));
  const [tried, others] = [await order(SLOTS), await order(MANY - SLOTS)];
  faults.add({ ...serverError(), times: SLOTS });
  await crash.startWorker({ WORKER_CONCURRENCY: String(SLOTS) });
  await platform.redis.hset('wearon:turns', { started: 5000, takenMs: Date.now() });
  await push(platform, ...tried);
  await until('both to be tried again', () => platform.redis.zcard(DELAYED).then(isAllTried));

  await platform.redis.hset('wearon:turns', { takenMs: 0 });
  const held = faults.add({ method: 'POST', times: SLOTS, kind: 'hold' });
  await push(platform, ...others);
  await until('the slots to be taken', () => held.hits === SLOTS);
  await until('both to be due', () =>
    platform.redis.zcount(DELAYED, '-inf', Date.now() * 4096).then(isAllTried),
  );
  const callsBefore = calls.length;
  held.release();
  const rows = await Promise.all(
    [...tried, ...others].map((tryOn) => settledRow(crash.shop, tryOn)),
  );
  assert.ok(rows.every(({ status }) => status === 'completed'));
  const ended = rows.slice(0, SLOTS).map(({ completed_at }) => completed_at.getTime());
  const before = rows.slice(SLOTS).filter(({ completed_at }) => completed_at < Math.max(...ended));
  assert.ok(before.length <= 2 * SLOTS, `${before.length} of ${calls.length - callsBefore}`);
});
