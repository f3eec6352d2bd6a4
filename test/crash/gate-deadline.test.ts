/**
 * The provider gate under faults: a task that cannot have a slot before its
 * deadline fails at once, and a probe ends with the attempt, or the process, that holds it.
 */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { keyRefused, rateLimited } from '../../local/openai/vendor-errors.ts';
import { createPerson, createStore, type TryOn } from '../../local/platform.ts';
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

const crash = useCrashShop();

const EDITS = { method: 'POST', path: /\/images\/edits/ } as const;
/** Longer than any test waits: a probe that is not given up would keep the next task from its call. */
const LONG_CALLS = { PROVIDER_TIMEOUT_SECONDS: '300' };
/** A minute is how long the rate limiter pauses at the most, and its interval of one call per minute. */
const BELOW_A_MINUTE = { TASK_DEADLINE_SECONDS: '55' };

/** The session ended because its task's time was up. */
async function assertTooLate(tryOn: TryOn): Promise<void> {
  const row = await settledRow(crash.shop, tryOn);
  assert.equal(row.status, 'failed');
  assert.match(row.error_message, /took too long/);
}

it('X23: a Retry-After of an hour stops the other tasks for a minute only', async () => {
  const { platform, stack } = crash.shop;
  const [first, second] = [await createPerson(platform), await createPerson(platform)];
  stack.openai.faults.add(rateLimited(3600));
  await crash.startWorker(BELOW_A_MINUTE);
  // Both before the call: however long that takes, neither deadline is a minute after its answer.
  const [refused, next] = [await orderTryOn(platform, first), await orderTryOn(platform, second)];
  await push(platform, refused);
  await assertTooLate(refused);
  await push(platform, next);
  await assertTooLate(next);
  assert.ok(Number(await platform.redis.get('wearon:gate:next')) <= Date.now() + 60_000);
  assert.equal(crash.paidCalls(), 1);
  for (const [tryOn, person] of [[refused, first] as const, [next, second] as const]) {
    await balanceReaches(crash.shop, person, 10);
    await assertRefundedOnce(crash.shop, tryOn);
  }
});

it('tasks without a slot before their deadline fail at once and take none', async () => {
  const { platform } = crash.shop;
  const store = await createStore(platform, { credits: 20 });
  // First: the deadline counts from the order.
  await crash.startWorker({ ...BELOW_A_MINUTE, OPENAI_RATE_LIMIT_PER_MINUTE: '1' });
  const tryOns = await orderMany(platform, store, 6);
  await push(platform, ...tryOns);
  const rows = await Promise.all(tryOns.map((tryOn) => settledRow(crash.shop, tryOn)));
  const statuses = rows.map(({ status }) => status).sort();
  assert.deepEqual(statuses, ['completed', 'failed', 'failed', 'failed', 'failed', 'failed']);
  assert.equal(crash.paidCalls(), 1);
  assert.ok(Number(await platform.redis.get('wearon:gate:next')) <= Date.now() + 60_000);
  await balanceReaches(crash.shop, store, 19);
});

for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
  it(`X18: after ${signal} in a probe another process probes next`, async () => {
    const { platform, stack } = crash.shop;
    stack.openai.faults.add(keyRefused());
    const probe = stack.openai.faults.add({ ...EDITS, kind: 'hang' });
    const stopping = await crash.startWorker({ ...LONG_CALLS, SHUTDOWN_GRACE_SECONDS: '0' });
    await push(platform, await orderTryOn(platform, await createPerson(platform)));
    await probe.hit;
    await stopping.end(signal);
    await crash.startWorker(LONG_CALLS);
    const tryOn = await orderTryOn(platform, await createPerson(platform));
    await push(platform, tryOn);
    await assertCompleted(crash.shop, tryOn);
  });
}
