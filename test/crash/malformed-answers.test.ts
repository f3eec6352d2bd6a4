/**
 * Malformed answers of Supabase: a proxy's empty page, `{}`, a string. They prove neither that
 * something was done nor that something is missing.
 */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Fault } from '../../local/faults.ts';
import { moderationBlocked } from '../../local/openai/vendor-errors.ts';
import {
  balanceOf,
  type Customer,
  createPerson,
  eventsOf,
  type TryOn,
} from '../../local/platform.ts';
import { useCrashShop } from '../support/crash-shop.ts';
import {
  assertRefundedOnce,
  balanceReaches,
  orderForPayers,
  orderTryOn,
  photo,
  push,
  settledRow,
} from '../support/shop.ts';

const crash = useCrashShop();

const MALFORMED = [
  { name: 'an empty 404', status: 404, body: '' },
  { name: 'a 404 with an empty list', status: 404, body: [] },
  { name: 'an empty 200', status: 200, body: '' },
  { name: 'a 200 with {}', status: 200, body: {} },
  { name: 'a 200 with a string', status: 200, body: '"ok"' },
] as const;

type Odd = (typeof MALFORMED)[number];

const JSON_TYPE = { 'content-type': 'application/json' };

/** The next request that matches gets the malformed answer. */
function answerOddly({ status, body }: Odd, request: { method?: string; path?: RegExp }) {
  const fault: Fault = { ...request, kind: 'status', status, body, headers: JSON_TYPE };
  return crash.shop.stack.supabase.faults.add(fault);
}

async function order(customer: Customer): Promise<TryOn> {
  return orderTryOn(crash.shop.platform, customer);
}

/** The picture is delivered, the latest of so many paid calls. */
async function assertDelivered(tryOn: TryOn, calls = 1): Promise<void> {
  const row = await settledRow(crash.shop, tryOn);
  assert.equal(row.status, 'completed', row.error_message);
  assert.equal((await fetch(row.generated_image_url)).status, 200);
  assert.equal(crash.paidCalls(), calls);
}

it('a malformed answer to a refund is not taken for a refund', async () => {
  const { platform, stack } = crash.shop;
  await crash.startWorker();
  const ordered: TryOn[] = [];
  for (const odd of MALFORMED) {
    const tryOns = await orderForPayers(platform);
    stack.openai.faults.add({ ...moderationBlocked(), times: tryOns.length });
    const faults = tryOns.map(() => answerOddly(odd, { path: /\/rpc\/refund_/ }));
    await push(platform, ...tryOns);
    await Promise.all(faults.map(({ hit }) => hit));
    ordered.push(...tryOns);
  }
  for (const tryOn of ordered) {
    await balanceReaches(crash.shop, tryOn.customer, 10);
    await assertRefundedOnce(crash.shop, tryOn);
  }
});

it('a malformed answer to the completion costs no picture and no call', async () => {
  const { platform, stack } = crash.shop;
  await crash.startWorker();
  for (const [at, odd] of MALFORMED.entries()) {
    const tryOn = await order(await createPerson(platform));
    // The first PATCH of an attempt marks the row as processing.
    stack.supabase.faults.add({ method: 'PATCH', kind: 'delay', ms: 0 });
    const fault = answerOddly(odd, { method: 'PATCH' });
    await push(platform, tryOn);
    await assertDelivered(tryOn, at + 1);
    assert.equal(fault.hits, 1, odd.name);
  }
});

it('a malformed answer does not mean that the row is missing', async () => {
  const { platform, stack } = crash.shop;
  await crash.startWorker();
  for (const [at, odd] of MALFORMED.entries()) {
    const tryOn = await order(await createPerson(platform));
    const begun = "update generation_sessions set status = 'processing' where id = $1";
    await stack.database.query(begun, [tryOn.sessionId]);
    const fault = answerOddly(odd, { method: 'GET', path: /generation_sessions\?.*[?&]id=eq/ });
    await push(platform, tryOn);
    await assertDelivered(tryOn, at + 1);
    assert.equal(fault.hits, 1, odd.name);
  }
});

it('a link that the storage did not give is not delivered', async () => {
  const { platform } = crash.shop;
  const tryOn = await order(await createPerson(platform));
  const [, , , odd] = MALFORMED;
  answerOddly(odd, { method: 'POST', path: /\/object\/sign\/.*\/generated\// });
  await crash.startWorker();
  await push(platform, tryOn);
  await assertDelivered(tryOn);
});

it('a string in place of the events is not taken for a delivered picture', async () => {
  const { platform, stack } = crash.shop;
  const person = await createPerson(platform);
  const tryOn = await order(person);
  stack.openai.faults.add(moderationBlocked());
  answerOddly(MALFORMED[4], { method: 'GET', path: /analytics_events/ });
  await crash.startWorker();
  await push(platform, tryOn);
  await balanceReaches(crash.shop, person, 10);
  await assertRefundedOnce(crash.shop, tryOn);
});

it('usage that no column holds costs no picture and no completion', async () => {
  const { platform, stack } = crash.shop;
  const person = await createPerson(platform);
  const tryOn = await order(person);
  const usage = { input_tokens: 3e9, output_tokens: 10, total_tokens: 3e9 };
  const picture = (await photo()).toString('base64');
  const body = { created: 1, data: [{ b64_json: picture }], usage };
  stack.openai.faults.add({ method: 'POST', path: /edits/, kind: 'status', status: 200, body });
  await crash.startWorker();
  await push(platform, tryOn);
  const row = await settledRow(crash.shop, tryOn);
  assert.equal(row.status, 'completed', row.error_message);
  assert.deepEqual([row.input_tokens, row.estimated_cost_usd], [null, null]);
  assert.equal(await balanceOf(platform, person), 9);
});

it('a request id that the database cannot hold costs no event', async () => {
  const { platform } = crash.shop;
  const worker = await crash.startWorker();
  for (const requestId of ['a\0b', 'half of a pair \ud800']) {
    const tryOn = await order(await createPerson(platform));
    const message = JSON.stringify({ ...JSON.parse(tryOn.message), request_id: requestId });
    await push(platform, { ...tryOn, message });
    await worker.logged('generation_completed', tryOn);
    const types = await eventsOf(platform, tryOn);
    assert.ok(types.includes('generation_completed'), types.join());
  }
});
