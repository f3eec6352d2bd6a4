/**
 * The pipeline on a good day and on the days that are the customer's own fault, for every kind of payer.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import sharp from 'sharp';
import { moderationBlocked } from '../../local/openai/vendor-errors.ts';
import {
  balanceOf,
  createPerson,
  createShopper,
  createStore,
  eventsOf,
  ledgerOf,
} from '../../local/platform.ts';
import { until } from '../../local/until.ts';
import { PAYMENT_TEXTS } from '../../src/failure-text.ts';
import { afterTests } from '../support/after-tests.ts';
import {
  assertCompleted,
  balanceReaches,
  customersOfAllKinds,
  openShop,
  orderTryOn,
  push,
  rowOf,
  settledRow,
} from '../support/shop.ts';
import { startWorkerProcess } from '../support/worker-process.ts';

const shop = afterTests.use(await openShop());
const worker = afterTests.use(await startWorkerProcess(shop.stack.env));

describe('a task that goes well', () => {
  it('ends completed, with its picture in storage, for every kind of payer', async () => {
    for (const customer of await customersOfAllKinds(shop.platform)) {
      const tryOn = await orderTryOn(shop.platform, customer);
      const paid = await balanceOf(shop.platform, customer);
      await push(shop.platform, tryOn);
      const row = await settledRow(shop, tryOn);
      assert.equal(row.status, 'completed', row.error_message);
      assert.equal(row.error_message, null);
      assert.ok(row.completed_at instanceof Date);
      assert.ok(row.input_tokens > 0 && row.output_tokens > 0);
      assert.ok(Number(row.estimated_cost_usd) > 0);
      assert.ok(row.processing_time_ms >= 0);
      const answer = await fetch(row.generated_image_url);
      assert.equal(answer.headers.get('content-type'), 'image/jpeg');
      const picture = await sharp(Buffer.from(await answer.arrayBuffer())).metadata();
      assert.deepEqual([picture.format, picture.width, picture.height], ['jpeg', 1024, 1536]);
      assert.equal(await balanceOf(shop.platform, customer), paid);
      await worker.logged('generation_completed', tryOn);
      assert.ok((await eventsOf(shop.platform, tryOn)).includes('generation_completed'));
    }
  });
});

it('a task takes five Supabase requests, and its event names the provider', async () => {
  const tryOn = await orderTryOn(shop.platform, await createPerson(shop.platform));
  const before = shop.stack.supabase.requests.length;
  await push(shop.platform, tryOn);
  await worker.logged('generation_completed', tryOn);
  const about = new RegExp(`${tryOn.sessionId}|/analytics_events`);
  const asked = shop.stack.supabase.requests.slice(before).filter(({ path }) => about.test(path));
  assert.deepEqual(
    asked.map(({ method, path }) => `${method} ${path.replace(/\?.*|virtual.*/, '')}`),
    [
      'PATCH /rest/v1/generation_sessions',
      'POST /storage/v1/object/',
      'POST /storage/v1/object/sign/',
      'PATCH /rest/v1/generation_sessions',
      'POST /rest/v1/analytics_events',
    ],
  );
  const { rows } = await shop.stack.database.query(
    `select metadata->>'provider' as provider from analytics_events
     where metadata->>'session_id' = $1 and event_type = 'generation_completed'`,
    [tryOn.sessionId],
  );
  assert.deepEqual(rows, [{ provider: 'openai' }]);
});

it('the vendor gets an identifier per shopper of a store, and no address', async () => {
  const { platform, stack } = shop;
  const one = await createShopper(platform);
  const other = await createShopper(platform, { storeId: one.storeId });
  const identifiers: (string | null | undefined)[] = [];
  for (const customer of [one, one, other]) {
    const tryOn = await orderTryOn(platform, customer);
    await push(platform, tryOn);
    await assertCompleted(shop, tryOn);
    identifiers.push(stack.openai.calls.at(-1)?.form?.safetyIdentifier);
  }
  const [first, again, someoneElse] = identifiers;
  assert.match(first ?? '', /^[0-9a-f]{64}$/);
  assert.equal(again, first);
  assert.notEqual(someoneElse, first);
});

describe('a photo that the image model refuses', () => {
  it('ends failed with the safety text, and the payer gets the credit back', async () => {
    for (const customer of await customersOfAllKinds(shop.platform)) {
      const before = await balanceOf(shop.platform, customer);
      const tryOn = await orderTryOn(shop.platform, customer);
      shop.stack.openai.faults.add(moderationBlocked());
      await push(shop.platform, tryOn);
      const row = await settledRow(shop, tryOn);
      assert.equal(row.status, 'failed');
      assert.match(row.error_message, /safety filter/);
      assert.equal(row.generated_image_url, null);
      await balanceReaches(shop, customer, before ?? 0);
      const refunds = (await ledgerOf(shop.platform, tryOn)).filter((r) => r.type === 'refund');
      assert.equal(refunds.length, customer.kind === 'overage' ? 0 : 1);
      const settled =
        customer.kind === 'overage' ? 'refund_needs_reconciliation' : 'credit_refunded';
      await worker.logged(settled, (line) => line.session_id === tryOn.sessionId);
      const payment = PAYMENT_TEXTS[customer.kind === 'overage' ? 'by_hand' : 'returned'];
      await until('the row to say what becomes of the payment', async () =>
        (await rowOf(shop, tryOn))?.error_message.endsWith(payment),
      );
    }
  });
});

describe('a photo whose link is dead', () => {
  it('ends failed with a helpful text, and the credit is back', async () => {
    const person = await createPerson(shop.platform);
    const url = `${shop.stack.supabase.url}/storage/v1/object/sign/nowhere/x.jpg?token=gone`;
    const tryOn = await orderTryOn(shop.platform, person, { imageUrls: [url, url] });
    await push(shop.platform, tryOn);
    const row = await settledRow(shop, tryOn);
    assert.equal(row.status, 'failed');
    assert.match(row.error_message, /link may have expired/);
    await balanceReaches(shop, person, 10);
  });
});

describe('a task that comes twice', () => {
  it('is generated once', async () => {
    const store = await createStore(shop.platform);
    const tryOn = await orderTryOn(shop.platform, store);
    const callsBefore = shop.stack.openai.calls.length;
    await push(shop.platform, tryOn, tryOn);
    const row = await settledRow(shop, tryOn);
    assert.equal(row.status, 'completed');
    await push(shop.platform, tryOn);
    const marker = await orderTryOn(shop.platform, store);
    await push(shop.platform, marker);
    await settledRow(shop, marker);
    assert.equal(shop.stack.openai.calls.length - callsBefore, 2);
  });
});
