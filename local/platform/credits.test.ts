import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, test } from 'node:test';
import { afterTests } from '../../test/support/after-tests.ts';
import { openShop } from '../../test/support/shop.ts';
import { balanceOf, createPerson, createShopper, createStore } from '../platform.ts';

const { stack, platform } = afterTests.use(await openShop());

const call = (name: string, args: object) => platform.supabase.rpc(name, args);

/** Type, amount and description of the ledger's rows, in their order. */
async function booked(table: string, column: string, owner: string): Promise<unknown[]> {
  const { rows } = await stack.database.query(
    `select type, amount, description from ${table} where ${column} = $1
     and type not in ('signup_bonus', 'purchase') order by created_at, id`,
    [owner],
  );
  return rows.map(({ type, amount, description }) => [type, amount, description]);
}

const personLedger = (userId: string) => booked('credit_transactions', 'user_id', userId);
const storeLedger = (id: string) => booked('store_credit_transactions', 'store_id', id);

describe('a person', () => {
  test('signs up with ten credits', async () => {
    const userId = randomUUID();
    await stack.database.query('insert into auth.users (id) values ($1)', [userId]);
    assert.equal(await balanceOf(platform, { kind: 'person', userId }), 10);
    const { rows } = await stack.database.query(
      'select amount, type from credit_transactions where user_id = $1',
      [userId],
    );
    assert.deepEqual(rows, [{ amount: 10, type: 'signup_bonus' }]);
  });

  test('pays while the balance lasts', async () => {
    const person = await createPerson(platform, { credits: 1 });
    const args = { p_user_id: person.userId, p_amount: 1 };
    assert.equal((await call('deduct_credits', args)).data, true);
    assert.equal((await call('deduct_credits', args)).data, false);
    assert.equal(await balanceOf(platform, person), 0);
    assert.deepEqual(await personLedger(person.userId), [['generation', -1, 'Image generation']]);
  });

  test('is paid again by every refund', async () => {
    const person = await createPerson(platform, { credits: 0 });
    const args = { p_user_id: person.userId, p_amount: 1 };
    const { status, error } = await call('refund_credits', args);
    assert.equal(error, null);
    assert.equal(status, 204);
    await call('refund_credits', { ...args, p_description: 'again' });
    assert.equal(await balanceOf(platform, person), 2);
    assert.deepEqual(await personLedger(person.userId), [
      ['refund', 1, 'Generation failed - refund'],
      ['refund', 1, 'again'],
    ]);
  });

  test('without a balance row gets a refund that is booked and never arrives', async () => {
    const person = await createPerson(platform);
    await stack.database.query('delete from user_credits where user_id = $1', [person.userId]);
    const refund = await call('refund_credits', { p_user_id: person.userId, p_amount: 1 });
    assert.equal(refund.error, null);
    assert.equal((await personLedger(person.userId)).length, 1);
    const unknown = await call('refund_credits', { p_user_id: randomUUID(), p_amount: 1 });
    assert.equal(unknown.error?.code, '23503');
  });
});

describe('a store', () => {
  test('starts with an account of zero credits', async () => {
    assert.equal(await balanceOf(platform, await createStore(platform, { credits: 0 })), 0);
  });

  test('pays once for a request id, and a repeated deduction changes nothing', async () => {
    const store = await createStore(platform, { credits: 5 });
    const args = { p_store_id: store.storeId, p_amount: 1, p_request_id: 'r1' };
    assert.equal((await call('deduct_store_credits', args)).data, true);
    const again = await call('deduct_store_credits', args);
    assert.equal(again.status, 409);
    assert.equal(again.error?.code, '23505');
    assert.equal(await balanceOf(platform, store), 4);
  });

  test('is refunded once for a request id; repeating it changes nothing', async () => {
    const store = await createStore(platform, { credits: 5 });
    const args = { p_store_id: store.storeId, p_amount: 1, p_request_id: 'r1' };
    assert.equal((await call('refund_store_credits', args)).status, 204);
    const again = await call('refund_store_credits', args);
    assert.equal(again.status, 409);
    assert.equal(again.error?.code, '23505');
    assert.match(again.error?.message ?? '', /unique_credit_transaction_request/);
    assert.equal(await balanceOf(platform, store), 6);
    assert.equal((await storeLedger(store.storeId)).length, 1);
  });

  test('is refunded again and again without a request id', async () => {
    const store = await createStore(platform, { credits: 0 });
    const args = { p_store_id: store.storeId, p_amount: 1, p_request_id: null };
    await call('refund_store_credits', args);
    await call('refund_store_credits', args);
    assert.equal(await balanceOf(platform, store), 2);
  });

  test('is refused amounts that are not positive, and stores without account', async () => {
    const args = { p_store_id: randomUUID(), p_amount: 0, p_request_id: 'r1' };
    assert.equal((await call('refund_store_credits', args)).error?.code, 'P0001');
    assert.equal((await call('deduct_store_credits', args)).error?.code, 'P0001');
    const unknown = await call('deduct_store_credits', { ...args, p_amount: 1 });
    assert.equal(unknown.error?.message, 'Store credits not found');
  });

  test('gets a purchase once for a request id', async () => {
    const store = await createStore(platform, { credits: 0 });
    const args = { p_store_id: store.storeId, p_amount: 5, p_type: 'purchase' };
    await call('add_store_credits', { ...args, p_request_id: 'p1' });
    const again = await call('add_store_credits', { ...args, p_request_id: 'p1' });
    assert.equal(again.error, null);
    assert.equal(await balanceOf(platform, store), 5);
  });
});

describe('a shopper', () => {
  test('is found by the address in any spelling, which is in the description', async () => {
    const shopper = await createShopper(platform, { credits: 1 });
    const args = {
      p_store_id: shopper.storeId,
      p_shopper_email: ` ${shopper.shopperEmail.toUpperCase()} `,
      p_amount: 1,
      p_request_id: 'r1',
    };
    assert.equal((await call('deduct_store_shopper_credits', args)).data, true);
    assert.equal((await call('refund_store_shopper_credits', args)).error, null);
    assert.equal(await balanceOf(platform, shopper), 1);
    const suffix = `(shopper=${shopper.shopperEmail})`;
    assert.deepEqual(await storeLedger(shopper.storeId), [
      ['deduction', -1, `B2B shopper generation ${suffix}`],
      ['refund', 1, `Generation failed - refund ${suffix}`],
    ]);
  });

  test('cannot pay when unknown, nor be refunded', async () => {
    const { storeId } = await createStore(platform);
    const args = {
      p_store_id: storeId,
      p_shopper_email: 'nobody@shopper.test',
      p_amount: 1,
      p_request_id: 'r1',
    };
    assert.equal((await call('deduct_store_shopper_credits', args)).data, false);
    const refund = await call('refund_store_shopper_credits', args);
    assert.equal(refund.status, 400);
    assert.equal(refund.error?.code, 'P0001');
    assert.deepEqual(await storeLedger(storeId), []);
  });

  test("shares the store's ledger: one refund per request id, for any shopper", async () => {
    const shopper = await createShopper(platform, { credits: 0 });
    const args = { p_store_id: shopper.storeId, p_amount: 1, p_request_id: 'r1' };
    await call('refund_store_credits', args);
    const email = { p_shopper_email: shopper.shopperEmail };
    const refund = await call('refund_store_shopper_credits', { ...args, ...email });
    assert.equal(refund.error?.code, '23505');
    assert.equal(await balanceOf(platform, shopper), 0);
  });
});
