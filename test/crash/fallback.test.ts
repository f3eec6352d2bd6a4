/**
 * The outage table: whatever the first provider answers, every task ends as a picture of the second
 * inside its deadline; a moderation block never goes on to another provider.
 */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Fault } from '../../local/faults.ts';
import { moderationBlocked, rateLimited, serverError } from '../../local/openai/vendor-errors.ts';
import { createPerson, createStore } from '../../local/platform.ts';
import { useCrashShop } from '../support/crash-shop.ts';
import { assertCompleted, orderMany, orderTryOn, push, settledRow } from '../support/shop.ts';

const crash = useCrashShop();
/** A call takes seconds on a machine that is busy with other tests. */
const BOTH = { IMAGE_PROVIDERS: 'openai,replicate', PROVIDER_TIMEOUT_SECONDS: '10' };
const EDITS = { method: 'POST', path: /edits/ } as const;
const refused = (status: number, code: string, param: string | null = null): Fault => ({
  ...EDITS,
  kind: 'status',
  status,
  body: { error: { message: 'refused', param, code } },
});

const OUTAGES: Readonly<Record<string, Fault>> = {
  'a refused key (401)': refused(401, 'invalid_api_key'),
  'a model that is gone (404)': refused(404, 'model_not_found'),
  'a refused parameter (400)': refused(400, 'invalid_value', 'quality'),
  'a rate limit for ever (429)': rateLimited(60),
  'server errors (500)': serverError(),
  'no answer at all': { ...EDITS, kind: 'hang' },
  'connections that break': { ...EDITS, kind: 'drop' },
};

for (const [outage, fault] of Object.entries(OUTAGES)) {
  it(`${outage} of the first provider: every picture is the second's`, async () => {
    const { platform, stack } = crash.shop;
    stack.openai.faults.add({ ...fault, times: Number.POSITIVE_INFINITY });
    // First: the deadline counts from the order.
    await crash.startWorker({
      ...BOTH,
      OPENAI_IMAGE_SUCCESSOR: 'off',
      TASK_DEADLINE_SECONDS: '60',
    });
    const store = await createStore(platform, { credits: 20 });
    const tryOns = await orderMany(platform, store, 6);
    await push(platform, ...tryOns);
    const rows = await Promise.all(tryOns.map((tryOn) => settledRow(crash.shop, tryOn)));
    assert.deepEqual([...new Set(rows.map((row) => row.status))], ['completed']);
    assert.deepEqual([...new Set(rows.map((row) => Number(row.estimated_cost_usd)))], [0.015]);
    assert.equal(crash.predictions(), tryOns.length);
  });
}

it("a model's successor gets the call before another provider", async () => {
  const { platform, stack } = crash.shop;
  const tryOn = await orderTryOn(platform, await createPerson(platform));
  const gone = stack.openai.faults.add(refused(404, 'model_not_found'));
  await crash.startWorker({ ...BOTH, OPENAI_IMAGE_MODEL: 'gpt-image-2.5-flare' });
  await push(platform, tryOn);
  await assertCompleted(crash.shop, tryOn);
  assert.deepEqual([gone.hits, crash.predictions()], [1, 0]);
});

it('a moderation block goes to no other provider', async () => {
  const { platform, stack } = crash.shop;
  const tryOn = await orderTryOn(platform, await createPerson(platform));
  stack.openai.faults.add(moderationBlocked());
  await crash.startWorker(BOTH);
  await push(platform, tryOn);
  assert.equal((await settledRow(crash.shop, tryOn)).status, 'failed');
  assert.equal(crash.predictions(), 0);
});

it('a channel has its own providers, and none needs the key of another', async () => {
  const { platform } = crash.shop;
  const tryOn = await orderTryOn(platform, await createPerson(platform));
  await crash.startWorker({ IMAGE_PROVIDERS: 'replicate', OPENAI_API_KEY: '' });
  await push(platform, tryOn);
  await assertCompleted(crash.shop, tryOn);
  assert.equal(crash.predictions(), 1);
  assert.equal(crash.paidCalls(), 0);
});

it('a spent daily budget pauses paid calls, and nothing is paid', async () => {
  const { platform } = crash.shop;
  const person = await createPerson(platform);
  const worker = await crash.startWorker({ DAILY_BUDGET_USD: '0.01', TASK_DEADLINE_SECONDS: '20' });
  const tryOn = await orderTryOn(platform, person);
  await push(platform, tryOn);
  assert.equal((await settledRow(crash.shop, tryOn)).status, 'failed');
  await worker.logged('budget_spent');
  assert.equal(crash.paidCalls(), 0);
});
