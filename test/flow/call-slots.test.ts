/** WORKER_CONCURRENCY counts paid calls: other tasks are prepared and stored meanwhile. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createStore } from '../../local/platform.ts';
import { until } from '../../local/until.ts';
import { attemptsFor } from '../../src/tryon/call-slots.ts';
import { useCrashShop } from '../support/crash-shop.ts';
import { assertCompleted, orderMany, push } from '../support/shop.ts';
import type { WorkerProcess } from '../support/worker-process.ts';
import { countOf, metricsOf } from '../support/worker-status.ts';

const crash = useCrashShop();
const SLOTS = 2;
const TASKS = 6;
const EDIT = { method: 'POST', path: /\/images\/edits/ } as const;

async function orderTasks() {
  const store = await createStore(crash.shop.platform, { credits: TASKS });
  return await orderMany(crash.shop.platform, store, TASKS);
}

/** Tasks of which all calls are held: the slots are taken, and one more task is prepared. */
async function fillSlots() {
  const tryOns = await orderTasks();
  const held = crash.shop.stack.openai.faults.add({ ...EDIT, kind: 'hold', times: TASKS });
  const worker = await crash.startWorker({ WORKER_CONCURRENCY: String(SLOTS) });
  await push(crash.shop.platform, ...tryOns);
  await until('the calls', () => held.hits === SLOTS);
  await until('the next photos', () => countOf(worker, 'images_prepared') === attemptsFor(SLOTS));
  return { tryOns, held, worker };
}

/** The most calls under way at any line of the log. */
function mostAtOnce({ lines }: WorkerProcess): number {
  let [now, most] = [0, 0];
  for (const { message } of lines) {
    if (message === 'provider_call_started') now += 1;
    if (message === 'provider_call_succeeded') now -= 1;
    most = Math.max(most, now);
  }
  return most;
}

it('the next photos are prepared while all slots are taken, unpaid', async () => {
  const { tryOns, held, worker } = await fillSlots();
  assert.equal(countOf(worker, 'provider_call_started'), SLOTS);
  const metrics = await metricsOf(worker);
  assert.match(metrics, /^wearon_calls_running(\{.*\})? 2$/m);
  assert.match(metrics, /^wearon_attempts_running(\{.*\})? 3$/m);
  crash.shop.stack.openai.latencyMs = 50;
  held.release();
  await assertCompleted(crash.shop, ...tryOns);
  assert.equal(mostAtOnce(worker), SLOTS);
});

it('an attempt that waits for a slot at a stop is requeued unpaid', async () => {
  const { tryOns, held, worker } = await fillSlots();
  const ended = worker.end('SIGTERM');
  await worker.logged('generation_interrupted');
  assert.equal(held.hits, SLOTS);
  held.release();
  assert.equal(await ended, 0);
  assert.equal(countOf(worker, 'generation_completed'), SLOTS);
  assert.equal(crash.paidCalls(), SLOTS);
  await crash.startWorker();
  await assertCompleted(crash.shop, ...tryOns);
  assert.equal(crash.paidCalls(), TASKS);
});
