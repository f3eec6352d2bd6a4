/**
 * The crash matrix, rows X18 and X23, and other faults of the provider: the circuit breaker, the rate
 * limit, and calls of unknown outcome.
 */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { startOpenAiServer } from '../../local/openai/server.ts';
import {
  answerWithoutImage,
  keyRefused,
  rateLimited,
  serverError,
} from '../../local/openai/vendor-errors.ts';
import { createPerson, createStore } from '../../local/platform.ts';
import { useCrashShop } from '../support/crash-shop.ts';
import {
  assertCompleted,
  assertRefundedOnce,
  balanceReaches,
  orderMany,
  orderTryOn,
  push,
  settledRow,
} from '../support/shop.ts';
import { metricsOf, readiness, warningsOf } from '../support/worker-status.ts';

const crash = useCrashShop();

/** For as long as a test lasts. */
const BAD_KEY = { ...keyRefused(), times: Number.POSITIVE_INFINITY };

/** A port on which no one listens. */
async function closedPort(): Promise<number> {
  const gone = await startOpenAiServer();
  const port = Number(new URL(gone.baseUrl).port);
  await gone[Symbol.asyncDispose]();
  return port;
}

it('X18: while the key is refused one call probes and no task is lost', async () => {
  const { platform, stack } = crash.shop;
  const store = await createStore(platform, { credits: 20 });
  const tryOns = await orderMany(platform, store, 8);
  const badKey = stack.openai.faults.add(BAD_KEY);
  const worker = await crash.startWorker({ OPENAI_MAX_RETRIES: '1' });
  await push(platform, ...tryOns);
  const probes = 2;
  let seen = 0;
  const opened = await worker.logged('breaker_opened', () => ++seen > probes);
  const before = worker.lines.slice(0, worker.lines.indexOf(opened));
  const calls = before.filter(({ message }) => message === 'provider_call_started').length;
  assert.ok(calls <= tryOns.length + probes, `${calls} calls`);
  assert.equal(await readiness(worker), 200);
  badKey.release();
  await assertCompleted(crash.shop, ...tryOns);
  await worker.logged('breaker_closed');
});

it('X18: a task waiting for the service is refunded at its deadline', async () => {
  const { platform, stack } = crash.shop;
  const person = await createPerson(platform);
  const tryOn = await orderTryOn(platform, person);
  stack.openai.faults.add(BAD_KEY);
  await crash.startWorker({ TASK_DEADLINE_SECONDS: '5' });
  await push(platform, tryOn);
  const row = await settledRow(crash.shop, tryOn);
  assert.equal(row.status, 'failed');
  assert.match(row.error_message, /took too long/);
  await balanceReaches(crash.shop, person, 10);
  await assertRefundedOnce(crash.shop, tryOn);
});

it('X23: a rate-limited call is repeated no earlier than the vendor asked', async () => {
  const { platform, stack } = crash.shop;
  const tryOn = await orderTryOn(platform, await createPerson(platform));
  stack.openai.faults.add(rateLimited(3));
  const refused = stack.openai.faults.arrived({ method: 'POST' }).then(() => Date.now());
  await crash.startWorker();
  await push(platform, tryOn);
  const row = await settledRow(crash.shop, tryOn);
  assert.equal(row.status, 'completed');
  assert.ok(Date.now() - (await refused) >= 3000);
  assert.ok(crash.paidCalls() <= 2);
});

/** What the vendor answers for a model that it has shut down. */
const MODEL_GONE = {
  method: 'POST',
  kind: 'status',
  status: 404,
  body: { error: { message: 'The model does not exist.', param: null, code: 'model_not_found' } },
} as const;

it('a model that ends under way is replaced by its successor', async () => {
  const { platform, stack } = crash.shop;
  const store = await createStore(platform, { credits: 20 });
  const tryOns = await orderMany(platform, store, 4);
  stack.openai.faults.add({ ...MODEL_GONE, times: 1 });
  const worker = await crash.startWorker({ OPENAI_IMAGE_MODEL: 'gpt-image-2.5-flare' });
  await push(platform, ...tryOns);
  await assertCompleted(crash.shop, ...tryOns);
  assert.match((await warningsOf(worker)).join(), /gpt-image-2\.5-flare.*gpt-image-2\.6-flare/);
  const metrics = await metricsOf(worker);
  assert.match(metrics, /wearon_image_model_replaced\{model="gpt-image-2\.6-flare"\} 1/);
});

it('a fault of our own configuration fails no customer', async () => {
  const { platform, stack } = crash.shop;
  const tryOn = await orderTryOn(platform, await createPerson(platform));
  const error = { message: 'Invalid size.', param: 'size', code: 'invalid_value' };
  const fault = { ...MODEL_GONE, status: 400, body: { error }, times: Number.POSITIVE_INFINITY };
  const refused = stack.openai.faults.add(fault);
  const worker = await crash.startWorker({ OPENAI_MAX_RETRIES: '1' });
  await push(platform, tryOn);
  let opened = 0;
  await worker.logged('breaker_opened', () => ++opened === 2);
  refused.release();
  const row = await settledRow(crash.shop, tryOn);
  assert.equal(row.status, 'completed');
});

it('a call whose answer is lost is repeated once at the most', async () => {
  const { platform, stack } = crash.shop;
  const person = await createPerson(platform);
  const tryOn = await orderTryOn(platform, person);
  const lost = stack.openai.faults.add({ method: 'POST', kind: 'drop-after', times: 10 });
  await crash.startWorker();
  await push(platform, tryOn);
  const row = await settledRow(crash.shop, tryOn);
  assert.equal(row.status, 'failed');
  assert.equal(lost.hits, 2);
  await balanceReaches(crash.shop, person, 10);
});

it('a server error is retried up to OPENAI_MAX_RETRIES times in all', async () => {
  const { platform, stack } = crash.shop;
  const person = await createPerson(platform);
  const errors = stack.openai.faults.add({ ...serverError(), times: 10 });
  const worker = await crash.startWorker({ OPENAI_MAX_RETRIES: '2' });
  const tryOn = await orderTryOn(platform, person);
  await push(platform, tryOn);
  const row = await settledRow(crash.shop, tryOn);
  assert.equal(row.status, 'failed');
  assert.equal(errors.hits, 2);
  await balanceReaches(crash.shop, person, 10);
  await worker.logged('credit_refunded');
});

it('an answer without a picture is asked for once more', async () => {
  const { platform, stack } = crash.shop;
  const tryOn = await orderTryOn(platform, await createPerson(platform));
  stack.openai.faults.add(answerWithoutImage());
  await crash.startWorker();
  await push(platform, tryOn);
  await assertCompleted(crash.shop, tryOn);
  assert.ok(crash.paidCalls() <= 2);
});

it('paid calls are paced over all replicas', async () => {
  const { platform, stack } = crash.shop;
  const store = await createStore(platform, { credits: 20 });
  const tryOns = await orderMany(platform, store, 10);
  const slow = { OPENAI_RATE_LIMIT_PER_MINUTE: '120' };
  await Promise.all([crash.startWorker(slow), crash.startWorker(slow)]);
  // From before the first slot was handed out: a call may come late, but none may come early.
  const pushedAtMs = Date.now();
  await push(platform, ...tryOns);
  await Promise.all(tryOns.map((tryOn) => settledRow(crash.shop, tryOn)));
  const lastCallMs = Number(stack.openai.calls.at(-1)?.at);
  assert.ok(lastCallMs - pushedAtMs >= 9 * 500 - 20, `10 calls in ${lastCallMs - pushedAtMs} ms`);
});

it("the model's end is asked of the vendor once a day and passed on", async () => {
  const { openai } = crash.shop.stack;
  const model = 'gpt-image-2.6-sunburst';
  const endsOn = new Date(Date.now() + 10 * 86_400_000).toISOString().slice(0, 10);
  const offers = (data: object[]) =>
    openai.faults.add({
      method: 'GET',
      path: /\/models$/,
      kind: 'status',
      status: 200,
      body: { object: 'list', data },
    });
  offers([{ id: model, shutdown_date: endsOn }]);
  const worker = await crash.startWorker({ OPENAI_IMAGE_MODEL: model });
  const { warning } = await worker.logged('configuration_warning');
  assert.match(String(warning), new RegExp(`${model} is shut down on ${endsOn}`));
  assert.deepEqual(await warningsOf(worker), [warning]);
  const metrics = await metricsOf(worker);
  const seconds = Date.parse(endsOn) / 1000;
  assert.match(metrics, new RegExp(`retirement_timestamp_seconds{model="${model}"} ${seconds}`));

  offers([{ id: 'another', shutdown_date: null }]);
  const other = await crash.startWorker({ OPENAI_IMAGE_MODEL: model });
  const missing = await other.logged('configuration_warning');
  assert.match(String(missing.warning), /not among the models that the key may use/);
});

it('a vendor that lists no models causes no warning', async () => {
  const notFound = crash.shop.stack.openai.faults.add({
    method: 'GET',
    path: /\/models$/,
    kind: 'status',
    status: 404,
    body: {},
  });
  const worker = await crash.startWorker();
  await notFound.hit;
  await worker.logged('image_models_not_listed');
  assert.deepEqual(await warningsOf(worker), []);
});

it('calls that reach no one cost a task none of its calls', async () => {
  const { platform } = crash.shop;
  const apiKey = 'sk-of-a-server-that-comes-late';
  const port = await closedPort();
  const tryOn = await orderTryOn(platform, await createPerson(platform));
  const worker = await crash.startWorker({
    OPENAI_BASE_URL: `http://127.0.0.1:${port}/v1`,
    OPENAI_API_KEY: apiKey,
    OPENAI_MAX_RETRIES: '1',
  });
  await push(platform, tryOn);
  await worker.logged('generation_retried', ({ code }) => code === 'PROVIDER_UNAVAILABLE');
  await using late = await startOpenAiServer({ port, apiKey, plain: true });
  await assertCompleted(crash.shop, tryOn);
  assert.equal(late.calls.length, 1);
});
