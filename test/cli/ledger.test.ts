/**
 * `wearon ledger verify` against every kind of wrong money, planted on the local stack.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, beforeEach, describe, it } from 'node:test';
import {
  createOverageStore,
  createPerson,
  createShopper,
  createStore,
  prepareTryOn,
  refundFailedPush,
  type TryOn,
} from '../../local/platform.ts';
import { BullRefunds } from '../../src/adapters/redis/refund-queue.ts';
import { TaskError } from '../../src/errors.ts';
import { refundIntent } from '../../src/tryon/refund-intent.ts';
import { wearon } from '../support/cli.ts';
import { customersOfAllKinds, openShop, type Shop } from '../support/shop.ts';

let shop: Shop;

before(async () => {
  shop = await openShop();
});

after(async () => {
  await shop?.[Symbol.asyncDispose]();
});

beforeEach(async () => {
  await shop.platform.redis.flushall();
  await shop.stack.database.query(
    `truncate generation_sessions, store_generation_sessions, credit_transactions,
       store_credit_transactions`,
  );
});

const PHOTOS = ['https://x.test/person.jpg', 'https://x.test/garment.jpg'];

/** A try-on of the customer that ended, or did not, as said. */
async function tryOnThat(
  status: string,
  customer: Parameters<typeof prepareTryOn>[1]['customer'],
): Promise<TryOn> {
  const tryOn = await prepareTryOn(shop.platform, { customer, imageUrls: PHOTOS });
  await setStatus(tryOn, status);
  return tryOn;
}

async function setStatus({ channel, sessionId }: TryOn, status: string): Promise<void> {
  const table = channel === 'b2c' ? 'generation_sessions' : 'store_generation_sessions';
  await shop.stack.database.query(`update ${table} set status = $2 where id = $1`, [
    sessionId,
    status,
  ]);
}

async function call(name: string, args: Record<string, unknown>): Promise<void> {
  const { error } = await shop.platform.supabase.rpc(name, args);
  assert.equal(error, null, error?.message);
}

function naming({ sessionId }: TryOn): string {
  return `Generation failed - refund (session ${sessionId})`;
}

/** Refunds as the worker does it. `to` and `requestId` let it go wrong. */
async function refund(
  tryOn: TryOn,
  {
    to = tryOn.customer,
    amount = 1,
    requestId = tryOn.requestId,
  }: { to?: TryOn['customer']; amount?: number; requestId?: string } = {},
): Promise<void> {
  const what = { p_amount: amount, p_description: naming(tryOn) };
  if (to.kind === 'person') return call('refund_credits', { p_user_id: to.userId, ...what });
  const ofStore = { p_store_id: to.storeId, p_request_id: requestId, ...what };
  if (to.kind !== 'shopper') return call('refund_store_credits', ofStore);
  return call('refund_store_shopper_credits', { ...ofStore, p_shopper_email: to.shopperEmail });
}

/** As if everything on record had happened so many minutes earlier. */
async function minutesPass(minutes: number): Promise<void> {
  for (const table of [
    'generation_sessions',
    'store_generation_sessions',
    'credit_transactions',
    'store_credit_transactions',
  ]) {
    await shop.stack.database.query(
      `update ${table} set created_at = created_at - $1 * interval '1 minute'`,
      [minutes],
    );
  }
}

interface Found {
  readonly reason: string;
  readonly sessionId: string | null;
  readonly ownerId: string;
}

async function verify(...args: readonly string[]) {
  const result = await wearon(shop.stack.env, ['ledger', 'verify', '--json', ...args]);
  const findings: Found[] = result.json?.findings ?? assert.fail(result.stderr);
  assert.equal(result.code, findings.length === 0 ? 0 : 1);
  return findings;
}

async function reasonsFor({ sessionId }: TryOn): Promise<string[]> {
  const findings = await verify();
  assert.deepEqual(
    findings.filter((finding) => finding.sessionId !== sessionId),
    [],
  );
  return findings.map(({ reason }) => reason).sort();
}

describe('books that add up', () => {
  it('give no finding, for every payer and every outcome', async () => {
    for (const customer of await customersOfAllKinds(shop.platform)) {
      await tryOnThat('completed', customer);
      await tryOnThat('processing', customer);
      if (customer.kind === 'overage') continue;
      await refund(await tryOnThat('failed', customer));
      await refundFailedPush(shop.platform, await tryOnThat('queued', customer));
    }
    assert.deepEqual(await verify(), []);
    await minutesPass(3);
    assert.deepEqual(await verify(), []);
  });

  it('give none for a late refund of a session before the window', async () => {
    for (const customer of [await createPerson(shop.platform), await createStore(shop.platform)]) {
      const tryOn = await tryOnThat('failed', customer);
      await minutesPass(120);
      await refund(tryOn);
      await minutesPass(5);
    }
    assert.deepEqual(await verify('--since', '1h'), []);
    assert.deepEqual(await verify(), []);
  });

  it('give none for a payment returned because no session came of it', async () => {
    const person = await createPerson(shop.platform);
    await call('deduct_credits', { p_user_id: person.userId, p_amount: 1 });
    await call('refund_credits', { p_user_id: person.userId, p_amount: 1 });
    const store = { p_store_id: (await createStore(shop.platform)).storeId, p_request_id: 'r' };
    await call('deduct_store_credits', { ...store, p_amount: 1 });
    await call('refund_store_credits', { ...store, p_amount: 1 });
    await minutesPass(5);
    assert.deepEqual(await verify(), []);
  });
});

describe('wrong money', () => {
  it('of a failed session without refund is found, for every kind of payer', async () => {
    for (const customer of await customersOfAllKinds(shop.platform)) {
      const tryOn = await tryOnThat('failed', customer);
      assert.deepEqual(await reasonsFor(tryOn), ['failed_without_refund'], customer.kind);
      await setStatus(tryOn, 'completed');
    }
  });

  it('of a refund that is under way is distinguished', async () => {
    const person = await createPerson(shop.platform);
    const tryOn = await tryOnThat('failed', person);
    await using refunds = new BullRefunds(shop.platform.redis);
    await refunds.add(refundIntent(tryOn, tryOn.requestId, new TaskError('ABANDONED')));
    assert.deepEqual(await reasonsFor(tryOn), ['refund_outstanding']);
  });

  it('of a session refunded twice is found', async () => {
    const ofPerson = await tryOnThat('failed', await createPerson(shop.platform));
    await refund(ofPerson);
    await refund(ofPerson);
    assert.deepEqual(await reasonsFor(ofPerson), ['refunded_twice']);
    await shop.stack.database.query('truncate generation_sessions, credit_transactions');
    const ofStore = await tryOnThat('failed', await createStore(shop.platform));
    await refund(ofStore);
    await refund(ofStore, { requestId: 'another' });
    assert.deepEqual(await reasonsFor(ofStore), ['refunded_twice']);
  });

  it('of a session that is completed and refunded is found', async () => {
    for (const customer of [await createPerson(shop.platform), await createStore(shop.platform)]) {
      const tryOn = await tryOnThat('completed', customer);
      await refund(tryOn);
      assert.deepEqual(await reasonsFor(tryOn), ['completed_and_refunded'], customer.kind);
      await setStatus(tryOn, 'failed');
    }
  });

  it('that went back to someone who had not paid is found', async () => {
    const shopper = await createShopper(shop.platform);
    const store = { kind: 'store', storeId: shopper.storeId } as const;
    const otherShopper = await createShopper(shop.platform, { storeId: shopper.storeId });
    const overage = await createOverageStore(shop.platform);
    const wrongs = [
      { paid: shopper, to: store },
      { paid: shopper, to: otherShopper },
      { paid: overage, to: { kind: 'store', storeId: overage.storeId } as const },
      { paid: await createPerson(shop.platform), to: await createPerson(shop.platform) },
    ];
    for (const { paid, to } of wrongs) {
      const tryOn = await tryOnThat('failed', paid);
      await refund(tryOn, { to });
      assert.deepEqual(await reasonsFor(tryOn), ['refund_to_wrong_payer'], paid.kind);
      await shop.stack.database.query(
        `truncate generation_sessions, store_generation_sessions, credit_transactions,
           store_credit_transactions`,
      );
    }
  });

  it('of another amount than was paid is found, whatever the row says', async () => {
    for (const customer of [await createPerson(shop.platform), await createStore(shop.platform)]) {
      const tryOn = await tryOnThat('failed', customer);
      await refund(tryOn, { amount: 3 });
      for (const table of ['generation_sessions', 'store_generation_sessions']) {
        await shop.stack.database.query(`update ${table} set credits_used = 3`);
      }
      assert.deepEqual(await reasonsFor(tryOn), ['wrong_amount'], customer.kind);
      await shop.stack.database.query(
        `truncate generation_sessions, store_generation_sessions, credit_transactions,
           store_credit_transactions`,
      );
    }
  });

  it('of a delivered session that the platform paid back afterwards is found', async () => {
    for (const customer of [await createPerson(shop.platform), await createStore(shop.platform)]) {
      const tryOn = await tryOnThat('completed', customer);
      for (const table of ['generation_sessions', 'store_generation_sessions']) {
        await shop.stack.database.query(`update ${table} set generated_image_url = 'expired'`);
      }
      await refundFailedPush(shop.platform, tryOn);
      assert.deepEqual(await reasonsFor(tryOn), ['delivered_and_refunded'], customer.kind);
      await shop.stack.database.query(
        `truncate generation_sessions, store_generation_sessions, credit_transactions,
           store_credit_transactions`,
      );
    }
  });

  it('of a refund for which nothing was taken is found', async () => {
    const tryOn = await tryOnThat('failed', await createStore(shop.platform));
    await shop.stack.database.query('truncate store_credit_transactions');
    await refund(tryOn);
    assert.deepEqual(await reasonsFor(tryOn), ['refund_without_payment']);
  });

  it('that was taken without a session is found once none can still come', async () => {
    const { userId } = await createPerson(shop.platform);
    const { storeId } = await createStore(shop.platform);
    await call('deduct_credits', { p_user_id: userId, p_amount: 1 });
    await call('deduct_store_credits', { p_store_id: storeId, p_amount: 1, p_request_id: 'lost' });
    assert.deepEqual(await verify(), []);
    await minutesPass(2);
    const findings = await verify();
    assert.deepEqual(
      findings.map(({ reason, ownerId }) => [reason, ownerId]).sort(),
      [
        ['deduction_without_session', storeId],
        ['deduction_without_session', userId],
      ].sort(),
    );
  });

  it('that was given without a session is found', async () => {
    const { userId } = await createPerson(shop.platform);
    await call('refund_credits', { p_user_id: userId, p_amount: 1 });
    await minutesPass(2);
    const findings = await verify();
    assert.deepEqual(
      findings.map(({ reason, ownerId }) => [reason, ownerId]),
      [['refund_without_session', userId]],
    );
  });

  it('of a session that no one paid for is found', async () => {
    for (const customer of [await createPerson(shop.platform), await createStore(shop.platform)]) {
      const tryOn = await tryOnThat('completed', customer);
      await shop.stack.database.query('truncate credit_transactions, store_credit_transactions');
      assert.deepEqual(await reasonsFor(tryOn), ['session_without_deduction'], customer.kind);
      await shop.stack.database.query('truncate generation_sessions, store_generation_sessions');
    }
  });

  it('of a second session under one request id is found', async () => {
    const store = await createStore(shop.platform);
    const first = await tryOnThat('completed', store);
    await shop.stack.database.query(
      `insert into store_generation_sessions
         (store_id, status, model_image_url, prompt_system, request_id)
       values ($1, 'completed', 'https://x.test/p.jpg', '', $2)`,
      [store.storeId, first.requestId],
    );
    const findings = await verify();
    assert.deepEqual(
      findings.map(({ reason }) => reason),
      ['session_without_deduction'],
    );
    assert.notEqual(findings[0]?.sessionId, first.sessionId);
  });

  it('of a session that is processing for too long is found', async () => {
    const tryOn = await tryOnThat('processing', await createStore(shop.platform));
    await minutesPass(8);
    assert.deepEqual(await verify(), []);
    await minutesPass(7);
    assert.deepEqual(await reasonsFor(tryOn), ['processing_too_long']);
  });

  it('that waits for a person is found until the person has dealt with it', async () => {
    const tryOn = await tryOnThat('failed', await createOverageStore(shop.platform));
    const { channel, ownerId, sessionId, requestId } = tryOn;
    const record = {
      ...{ channel, ownerId, sessionId, requestId },
      ...{ reason: 'paid_by_overage_charge', credits: 1, at: new Date().toISOString() },
    };
    const { redis } = shop.platform;
    await redis.hset('wearon:reconciliation', sessionId, JSON.stringify(record));
    assert.deepEqual(await reasonsFor(tryOn), ['reconciliation_open']);
    const args = ['reconciliation', 'resolve', sessionId, '--note', 'done', '--yes'];
    assert.equal((await wearon(shop.stack.env, args)).code, 0);
    assert.deepEqual(await verify(), []);
  });

  it('is explained in words', async () => {
    const tryOn = await tryOnThat('failed', await createPerson(shop.platform));
    const { code, stdout } = await wearon(shop.stack.env, ['ledger', 'verify']);
    assert.equal(code, 1);
    assert.match(stdout, new RegExp(`failed_without_refund +b2c +${tryOn.sessionId}`));
    assert.match(stdout, /nothing was given back/);
  });
});

describe('the window', () => {
  it('leaves out what lies before and after it', async () => {
    await tryOnThat('failed', await createPerson(shop.platform));
    await minutesPass(90);
    assert.deepEqual(await verify('--since', '1h'), []);
    assert.equal((await verify('--since', '2h', '--until', '1h')).length, 1);
    assert.equal((await verify('--since', '2h')).length, 1);
  });

  it('must be one', async () => {
    for (const since of ['yesterday', '0h']) {
      const result = await wearon(shop.stack.env, ['ledger', 'verify', '--since', since]);
      assert.equal(result.code, 2);
    }
  });

  it('is read to its end where it holds more rows than one answer', async () => {
    const { storeId } = await createStore(shop.platform);
    await shop.stack.database.query(
      `insert into store_generation_sessions
         (store_id, status, model_image_url, prompt_system, request_id)
       select $1, 'completed', '', '', 'r' || n from generate_series(1, 1300) as n`,
      [storeId],
    );
    await shop.stack.database.query(
      `insert into store_credit_transactions (store_id, amount, type, request_id, description)
       select $1, -1, 'deduction', 'r' || n, 'B2B generation' from generate_series(1, 1299) as n`,
      [storeId],
    );
    const findings = await verify();
    assert.deepEqual(
      findings.map(({ reason }) => reason),
      ['session_without_deduction'],
    );
  });
});

it('a session id that is unknown is said to be so', async () => {
  const result = await wearon(shop.stack.env, ['sessions', 'show', randomUUID()]);
  assert.equal(result.code, 1);
});
