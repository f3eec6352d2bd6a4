/**
 * Row edits that aim at credits. A person may insert and update their own session rows; a store's
 * tables have no row security at all. None of it may pay out more than was taken.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  balanceOf,
  type Customer,
  createPerson,
  createShopper,
  createStore,
  type TryOn,
  type TryOnOrder,
} from '../../local/platform.ts';
import { until } from '../../local/until.ts';
import { afterTests } from '../support/after-tests.ts';
import { assertCompleted, openShop, orderTryOn, push, REFUND_WAIT_MS } from '../support/shop.ts';
import { type LogLine, QUICK_RECOVERY, startWorkerProcess } from '../support/worker-process.ts';

const shop = afterTests.use(await openShop());
const worker = afterTests.use(
  await startWorkerProcess({
    ...shop.stack.env,
    ...QUICK_RECOVERY,
    RESCUE_MIN_AGE_SECONDS: '60',
  }),
);

function sql(text: string, values: readonly unknown[]) {
  return shop.stack.database.query(text, [...values]);
}

/** Inserts a row of the table as its owner may, and returns its id. */
async function plantRow(table: string, columns: Record<string, unknown>): Promise<string> {
  const row = {
    status: 'queued',
    model_image_url: 'https://x.test/photo.jpg',
    prompt_system: 'x',
    created_at: new Date(Date.now() - 3_600_000),
    ...columns,
  };
  const names = Object.keys(row);
  const { rows } = await sql(
    `insert into ${table} (${names.join(', ')})
     values (${names.map((_, index) => `$${index + 1}`).join(', ')}) returning id`,
    Object.values(row),
  );
  return String(rows[0]?.id);
}

/** Resolves with what the worker did about the session's payment, once its refund is over. */
async function paymentDecided(sessionId: string): Promise<string> {
  const outcomes = ['credit_refunded', 'refund_needs_reconciliation', 'refund_skipped'];
  const isDecision = ({ message, session_id }: LogLine) =>
    session_id === sessionId && outcomes.includes(message);
  const find = () => worker.lines.find(isDecision);
  const line = await until('the payment to be decided', find, REFUND_WAIT_MS);
  await until('the refund job to end', async () => {
    return !(await shop.platform.redis.exists(`wearon:bull:refund:refund-${sessionId}`));
  });
  return line.message;
}

/** A session of the customer that fails for its link, after `edit` has changed its row. */
async function failEdited(
  customer: Customer,
  edit: (tryOn: TryOn) => Promise<unknown>,
  order: Partial<TryOnOrder> = {},
): Promise<string> {
  const imageUrls = ['https://127.0.0.1/photo.jpg'];
  const tryOn = await orderTryOn(shop.platform, customer, { imageUrls, ...order });
  await edit(tryOn);
  await push(shop.platform, tryOn);
  return paymentDecided(tryOn.sessionId);
}

describe('a row edit', { concurrency: true }, () => {
  it('a person who raises credits_used gets one credit back', async () => {
    const person = await createPerson(shop.platform);
    await failEdited(person, ({ sessionId }) =>
      sql('update generation_sessions set credits_used = 100 where id = $1', [sessionId]),
    );
    assert.equal(await balanceOf(shop.platform, person), 10);
  });

  it('a store whose row says 50 credits gets back the one that was taken', async () => {
    const store = await createStore(shop.platform, { credits: 5 });
    await failEdited(store, ({ sessionId }) =>
      sql('update store_generation_sessions set credits_used = 50 where id = $1', [sessionId]),
    );
    assert.equal(await balanceOf(shop.platform, store), 5);
  });

  it('a row that no one paid for is refunded nothing', async () => {
    const person = await createPerson(shop.platform);
    const sessionId = await plantRow('generation_sessions', {
      user_id: person.userId,
      credits_used: 1000,
    });
    assert.equal(await paymentDecided(sessionId), 'refund_needs_reconciliation');
    assert.equal(await balanceOf(shop.platform, person), 10);
  });

  it('a row that claims to have been failed by a worker is refunded nothing', async () => {
    const person = await createPerson(shop.platform);
    const sessionId = await plantRow('generation_sessions', {
      user_id: person.userId,
      credits_used: 500,
      status: 'failed',
      error_message:
        'The picture could not be made. Your credit has been returned; please try again.',
      completed_at: new Date(Date.now() - 60_000),
    });
    await shop.platform.redis.set('wearon:memory', Date.now() - 30_000);
    assert.equal(await paymentDecided(sessionId), 'refund_needs_reconciliation');
    assert.equal(await balanceOf(shop.platform, person), 10);
  });

  it('many rows of one person at once are refunded no more than was taken', async () => {
    const { platform } = shop;
    const person = await createPerson(platform);
    const lost = await orderTryOn(platform, person);
    await sql(`update generation_sessions set created_at = now() - interval '1 h' where id = $1`, [
      lost.sessionId,
    ]);
    const planted = await Promise.all(
      Array.from({ length: 8 }, () => plantRow('generation_sessions', { user_id: person.userId })),
    );
    for (const sessionId of [lost.sessionId, ...planted]) await paymentDecided(sessionId);
    assert.equal(await balanceOf(platform, person), 10);
  });

  it('a refund goes to the shopper who paid, not to the one the row names', async () => {
    const { platform } = shop;
    const payer = await createShopper(platform);
    const other = await createShopper(platform, { storeId: payer.storeId });
    await failEdited(payer, ({ sessionId }) =>
      sql('update store_generation_sessions set shopper_email = $2 where id = $1', [
        sessionId,
        other.shopperEmail,
      ]),
    );
    assert.equal(await balanceOf(platform, payer), 10);
    assert.equal(await balanceOf(platform, other), 10);
  });

  it("a row that takes over another order's request id moves no credit", async () => {
    const { platform } = shop;
    const payer = await createShopper(platform);
    const other = await createShopper(platform, { storeId: payer.storeId });
    const theirs = await orderTryOn(platform, other);
    await failEdited(payer, ({ sessionId }) =>
      sql(
        'update store_generation_sessions set request_id = $2, shopper_email = $3 where id = $1',
        [sessionId, theirs.requestId, payer.shopperEmail],
      ),
    );
    assert.equal(await balanceOf(platform, payer), 10);
    assert.equal(await balanceOf(platform, other), 9);
  });

  it("a delivered session's payment is not refunded to a second row", async () => {
    const { platform } = shop;
    const store = await createStore(platform);
    const tryOn = await orderTryOn(platform, store);
    await push(platform, tryOn);
    await assertCompleted(shop, tryOn);
    const second = { store_id: store.storeId, request_id: tryOn.requestId };
    const sessionId = await plantRow('store_generation_sessions', second);
    assert.equal(await paymentDecided(sessionId), 'refund_needs_reconciliation');
    assert.equal(await balanceOf(platform, store), 9);
  });

  it("a person's delivered session does not pay for a planted row", async () => {
    const { platform } = shop;
    const person = await createPerson(platform);
    const tryOn = await orderTryOn(platform, person);
    await push(platform, tryOn);
    await worker.logged('generation_completed', tryOn);
    const sessionId = await plantRow('generation_sessions', { user_id: person.userId });
    assert.equal(await paymentDecided(sessionId), 'refund_needs_reconciliation');
    assert.equal(await balanceOf(platform, person), 9);
  });

  it('what the database refuses to book for good waits for a person', async () => {
    const { platform } = shop;
    const person = await createPerson(platform);
    const outcome = await failEdited(person, () =>
      sql('update user_credits set balance = 2147483647 where user_id = $1', [person.userId]),
    );
    assert.equal(outcome, 'refund_needs_reconciliation');
  });

  it('a row with a date of infinity is failed and refunded like others', async () => {
    const { platform } = shop;
    const person = await createPerson(platform);
    const outcome = await failEdited(person, ({ sessionId }) =>
      sql(`update generation_sessions set created_at = '-infinity' where id = $1`, [sessionId]),
    );
    assert.equal(outcome, 'credit_refunded');
    assert.equal(await balanceOf(platform, person), 10);
  });

  it('a request id of 16,000 letters waits for a person, with one record', async () => {
    const { platform } = shop;
    const store = await createStore(platform);
    const requestId = 'a'.repeat(16_000);
    const outcome = await failEdited(store, async () => undefined, { requestId });
    assert.equal(outcome, 'refund_needs_reconciliation');
  });
});
