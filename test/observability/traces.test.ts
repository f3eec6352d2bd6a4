/** Traces of a real worker, as a collector gets them. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { moderationBlocked, serverOverloaded } from '../../local/openai/vendor-errors.ts';
import { createPerson } from '../../local/platform.ts';
import { until } from '../../local/until.ts';
import { afterTests } from '../support/after-tests.ts';
import {
  assertCompleted,
  assertRefundedOnce,
  balanceReaches,
  openShop,
  orderTryOn,
  push,
  settledRow,
} from '../support/shop.ts';
import { NO_GRACE, QUICK_RECOVERY, startWorkerProcess } from '../support/worker-process.ts';
import { type SeenSpan, startCollector } from './collector.ts';

const shop = afterTests.use(await openShop());
const collector = afterTests.use(await startCollector());

function startTracedWorker(env: Record<string, string> = {}) {
  return startWorkerProcess({
    ...shop.stack.env,
    ...QUICK_RECOVERY,
    ...env,
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint,
  });
}

function assertOneTree(spans: readonly SeenSpan[]): void {
  const ids = new Set(spans.map(({ spanId }) => spanId));
  const roots = spans.filter(({ parentSpanId }) => parentSpanId === undefined);
  assert.deepEqual(
    roots.map(({ name }) => name),
    ['intake'],
  );
  for (const { name, parentSpanId } of spans) {
    assert.ok(parentSpanId === undefined || ids.has(parentSpanId), `${name} has no parent`);
  }
}

it('one trace holds a task over a retry, two replicas and its refund', async () => {
  const person = await createPerson(shop.platform, { credits: 5 });
  const tryOn = await orderTryOn(shop.platform, person);
  const { faults } = shop.stack.openai;
  faults.add(serverOverloaded());
  const hold = faults.add({ method: 'POST', kind: 'hold' });
  faults.add(moderationBlocked());
  const first = await startTracedWorker(NO_GRACE);
  await first.logged('pose_model_loaded');
  await push(shop.platform, tryOn);
  await hold.hit;
  assert.equal(await first.end('SIGTERM'), 0);
  hold.release();

  const second = await startTracedWorker();
  const row = await settledRow(shop, tryOn);
  assert.equal(row.status, 'failed');
  await balanceReaches(shop, person, 5);
  await assertRefundedOnce(shop, tryOn);
  assert.equal(await second.end('SIGTERM'), 0);

  const traceId = tryOn.sessionId.replaceAll('-', '');
  const spans = collector.spans.filter((span) => span.traceId === traceId);
  assertOneTree(spans);
  assert.equal(new Set(spans.map(({ instance }) => instance)).size, 2);
  const attempts = spans.filter(({ name }) => name === 'attempt');
  const events = attempts.flatMap((attempt) => attempt.events);
  assert.equal(attempts.length, 4);
  for (const event of ['generation_retried', 'generation_interrupted', 'attempt_failed']) {
    assert.ok(events.includes(event), event);
  }
  assert.ok(spans.some(({ name }) => name === 'download'));
  // The first run fails the row; a person's credit is booked by a later one.
  const refunds = spans.filter(({ name }) => name === 'refund');
  assert.ok(refunds.some(({ events }) => events.includes('credit_refunded')));
  for (const name of ['intake', 'attempt', 'refund']) {
    const span = spans.find((candidate) => candidate.name === name);
    assert.equal(span?.attributes.request_id, tryOn.requestId, name);
    assert.equal(span?.attributes.session_id, tryOn.sessionId, name);
  }
  assert.ok(attempts.some(({ hasError }) => hasError));
});

it('the trace of a picture has a time per step, and no link or prompt', async () => {
  const tryOn = await orderTryOn(shop.platform, await createPerson(shop.platform));
  const worker = await startTracedWorker();
  await push(shop.platform, tryOn);
  await assertCompleted(shop, tryOn);
  await worker.logged('generation_completed');
  assert.equal(await worker.end('SIGTERM'), 0);
  const traceId = tryOn.sessionId.replaceAll('-', '');
  const spans = collector.spans.filter((span) => span.traceId === traceId);
  assertOneTree(spans);
  const attempt = spans.find(({ name }) => name === 'attempt');
  assert.ok(attempt?.events.includes('generation_completed'));
  const steps = spans.filter(({ parentSpanId }) => parentSpanId === attempt?.spanId);
  assert.deepEqual(steps.map(({ name }) => name).sort(), [
    'download',
    'generate',
    'resize',
    'store',
  ]);
  assert.doesNotMatch(JSON.stringify(spans), /https?:|token=|portrait/i);
});

it('an answer over HTTP is a span with its request id, and a probe is none', async () => {
  const worker = await startTracedWorker();
  await fetch(`${worker.address}/livez`);
  const answer = await fetch(`${worker.address}/estimate-body`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-request-id': 'req_traced' },
    body: '{}',
  });
  assert.equal(answer.status, 422);
  assert.equal(await worker.end('SIGTERM'), 0);
  const span = await until('the span', () =>
    collector.spans.find(({ attributes }) => attributes.request_id === 'req_traced'),
  );
  assert.equal(span.name, 'POST /estimate-body');
  assert.equal(Number(span.attributes['http.response.status_code']), 422);
  assert.ok(!collector.spans.some(({ name }) => name.includes('livez')));
});

it('a missing collector blocks neither work nor a stop', async () => {
  const worker = await startWorkerProcess({
    ...shop.stack.env,
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9',
  });
  const tryOn = await orderTryOn(shop.platform, await createPerson(shop.platform));
  await push(shop.platform, tryOn);
  await assertCompleted(shop, tryOn);
  assert.equal(await worker.end('SIGTERM'), 0);
});
