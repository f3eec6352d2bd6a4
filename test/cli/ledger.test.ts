/** `wearon ledger verify`: books that add up, and which part of them it reads. */
import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { createPerson, createStore, refundFailedPush } from '../../local/platform.ts';
import { afterTests } from '../support/after-tests.ts';
import { wearon } from '../support/cli.ts';
import { customersOfAllKinds, openShop } from '../support/shop.ts';
import { call, emptyBooks, minutesPass, refund, tryOnThat, verify } from './books.ts';

const shop = afterTests.use(await openShop());
const { platform, stack } = shop;

beforeEach(() => emptyBooks(shop));

describe('books that add up', () => {
  it('give no finding, for every payer and every outcome', async () => {
    for (const customer of await customersOfAllKinds(platform)) {
      await tryOnThat(shop, 'completed', customer);
      await tryOnThat(shop, 'processing', customer);
      if (customer.kind === 'overage') continue;
      await refund(shop, await tryOnThat(shop, 'failed', customer));
      await refundFailedPush(platform, await tryOnThat(shop, 'queued', customer));
    }
    assert.deepEqual(await verify(shop), []);
    await minutesPass(shop, 3);
    assert.deepEqual(await verify(shop), []);
  });

  it('give none for a late refund of a session before the window', async () => {
    for (const customer of [await createPerson(platform), await createStore(platform)]) {
      const tryOn = await tryOnThat(shop, 'failed', customer);
      await minutesPass(shop, 120);
      await refund(shop, tryOn);
      await minutesPass(shop, 5);
    }
    assert.deepEqual(await verify(shop, '--since', '1h'), []);
    assert.deepEqual(await verify(shop), []);
  });

  it('give none for a payment returned because no session came of it', async () => {
    const person = { p_user_id: (await createPerson(platform)).userId, p_amount: 1 };
    await call(shop, 'deduct_credits', person);
    await call(shop, 'refund_credits', person);
    const { storeId } = await createStore(platform);
    const store = { p_store_id: storeId, p_request_id: 'r', p_amount: 1 };
    await call(shop, 'deduct_store_credits', store);
    await call(shop, 'refund_store_credits', store);
    await minutesPass(shop, 5);
    assert.deepEqual(await verify(shop), []);
  });
});

describe('the window', () => {
  it('leaves out what lies before and after it', async () => {
    await tryOnThat(shop, 'failed', await createPerson(platform));
    await minutesPass(shop, 90);
    assert.deepEqual(await verify(shop, '--since', '1h'), []);
    assert.equal((await verify(shop, '--since', '2h', '--until', '1h')).length, 1);
    assert.equal((await verify(shop, '--since', '2h')).length, 1);
  });

  it('must be one', async () => {
    for (const since of ['yesterday', '0h']) {
      const result = await wearon(stack.env, ['ledger', 'verify', '--since', since]);
      assert.equal(result.code, 2);
    }
  });

  it('is read to its end where it holds more rows than one answer', async () => {
    const { storeId } = await createStore(platform);
    await stack.database.query(
      `insert into store_generation_sessions
         (store_id, status, model_image_url, prompt_system, request_id)
       select $1, 'completed', '', '', 'r' || n from generate_series(1, 1300) as n`,
      [storeId],
    );
    await stack.database.query(
      `insert into store_credit_transactions (store_id, amount, type, request_id, description)
       select $1, -1, 'deduction', 'r' || n, 'B2B generation' from generate_series(1, 1299) as n`,
      [storeId],
    );
    const findings = await verify(shop);
    assert.deepEqual(
      findings.map(({ reason }) => reason),
      ['session_without_deduction'],
    );
  });
});

it('a finding is explained in words', async () => {
  const tryOn = await tryOnThat(shop, 'failed', await createPerson(platform));
  const { code, stdout } = await wearon(stack.env, ['ledger', 'verify']);
  assert.equal(code, 1);
  assert.match(stdout, new RegExp(`failed_without_refund +b2c +${tryOn.sessionId}`));
  assert.match(stdout, /nothing was given back/);
});
