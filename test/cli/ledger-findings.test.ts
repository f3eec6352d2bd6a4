/** `wearon ledger verify` against every kind of wrong money, planted on the local stack. */
import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import {
  createOverageStore,
  createPerson,
  createShopper,
  createStore,
  refundFailedPush,
} from '../../local/platform.ts';
import { BullRefunds } from '../../src/adapters/redis/refund-queue.ts';
import { TaskError } from '../../src/errors.ts';
import { refundIntent } from '../../src/tryon/refund-intent.ts';
import { afterTests } from '../support/after-tests.ts';
import { openBooks } from '../support/books.ts';
import { wearon } from '../support/cli.ts';
import { customersOfAllKinds } from '../support/shop.ts';

const books = afterTests.use(await openBooks());
const { platform, stack } = books.shop;

beforeEach(() => books.empty());

/** The findings, of sessions or of none, as reason and owner. */
async function reasonsAndOwners(): Promise<string[][]> {
  const findings = await books.verify();
  return findings.map(({ reason, ownerId }) => [reason, ownerId]).sort();
}

describe('wrong money', () => {
  it('of a failed session without refund is found, for every kind of payer', async () => {
    for (const customer of await customersOfAllKinds(platform)) {
      const tryOn = await books.tryOnThat('failed', customer);
      await books.assertFound(tryOn, ['failed_without_refund']);
      await books.changeSessions("status = 'completed'");
    }
  });

  it('of a refund that is under way is distinguished', async () => {
    const tryOn = await books.tryOnThat('failed', await createPerson(platform));
    await using refunds = new BullRefunds(platform.redis);
    await refunds.add(refundIntent(tryOn, tryOn.requestId, new TaskError('ABANDONED')));
    await books.assertFound(tryOn, ['refund_outstanding']);
  });

  it('of a session refunded twice is found', async () => {
    await books.forPersonAndStore(async (customer) => {
      const tryOn = await books.tryOnThat('failed', customer);
      await books.refund(tryOn);
      await books.refund(tryOn, { requestId: 'another' });
      await books.assertFound(tryOn, ['refunded_twice']);
    });
  });

  it('of a session that is completed and refunded is found', async () => {
    await books.forPersonAndStore(async (customer) => {
      const tryOn = await books.tryOnThat('completed', customer);
      await books.refund(tryOn);
      await books.assertFound(tryOn, ['completed_and_refunded']);
    });
  });

  it('that went back to someone who had not paid is found', async () => {
    const shopper = await createShopper(platform);
    const overage = await createOverageStore(platform);
    const storeOf = ({ storeId }: { storeId: string }) => ({ kind: 'store', storeId }) as const;
    const wrongs = [
      { paid: shopper, to: storeOf(shopper) },
      { paid: shopper, to: await createShopper(platform, { storeId: shopper.storeId }) },
      { paid: overage, to: storeOf(overage) },
      { paid: await createPerson(platform), to: await createPerson(platform) },
    ];
    for (const { paid, to } of wrongs) {
      const tryOn = await books.tryOnThat('failed', paid);
      await books.refund(tryOn, { to });
      await books.assertFound(tryOn, ['refund_to_wrong_payer']);
      await books.empty();
    }
  });

  it('of another amount than was paid is found, whatever the row says', async () => {
    await books.forPersonAndStore(async (customer) => {
      const tryOn = await books.tryOnThat('failed', customer);
      await books.refund(tryOn, { amount: 3 });
      await books.changeSessions('credits_used = 3');
      await books.assertFound(tryOn, ['wrong_amount']);
    });
  });

  it('of a delivered session that the platform paid back afterwards is found', async () => {
    await books.forPersonAndStore(async (customer) => {
      const tryOn = await books.tryOnThat('completed', customer);
      await books.changeSessions("generated_image_url = 'expired'");
      await refundFailedPush(platform, tryOn);
      await books.assertFound(tryOn, ['delivered_and_refunded']);
    });
  });

  it('of a refund for which nothing was taken is found', async () => {
    const tryOn = await books.tryOnThat('failed', await createStore(platform));
    await books.removePayments();
    await books.refund(tryOn);
    await books.assertFound(tryOn, ['refund_without_payment']);
  });

  it('that was taken without a session is found once none can still come', async () => {
    const { userId } = await createPerson(platform);
    const { storeId } = await createStore(platform);
    await books.call('deduct_credits', { p_user_id: userId, p_amount: 1 });
    const ofStore = { p_store_id: storeId, p_amount: 1, p_request_id: 'lost' };
    await books.call('deduct_store_credits', ofStore);
    assert.deepEqual(await books.verify(), []);
    await books.minutesPass(2);
    const expected = [storeId, userId].map((id) => ['deduction_without_session', id]);
    assert.deepEqual(await reasonsAndOwners(), expected.sort());
  });

  it('that was given without a session is found', async () => {
    const { userId } = await createPerson(platform);
    await books.call('refund_credits', { p_user_id: userId, p_amount: 1 });
    await books.minutesPass(2);
    assert.deepEqual(await reasonsAndOwners(), [['refund_without_session', userId]]);
  });

  it('of a session that no one paid for is found', async () => {
    await books.forPersonAndStore(async (customer) => {
      const tryOn = await books.tryOnThat('completed', customer);
      await books.removePayments();
      await books.assertFound(tryOn, ['session_without_deduction']);
    });
  });

  it('of a second session under one request id is found', async () => {
    const store = await createStore(platform);
    const first = await books.tryOnThat('completed', store);
    await books.query(
      `insert into store_generation_sessions
         (store_id, status, model_image_url, prompt_system, request_id)
       values ($1, 'completed', 'https://x.test/p.jpg', '', $2)`,
      [store.storeId, first.requestId],
    );
    const findings = await books.verify();
    assert.deepEqual(
      findings.map(({ reason }) => reason),
      ['session_without_deduction'],
    );
    assert.notEqual(findings[0]?.sessionId, first.sessionId);
  });

  it('of a session that is processing for too long is found', async () => {
    const tryOn = await books.tryOnThat('processing', await createStore(platform));
    await books.minutesPass(8);
    assert.deepEqual(await books.verify(), []);
    await books.minutesPass(7);
    await books.assertFound(tryOn, ['processing_too_long']);
  });

  it('that waits for a person is found until the person has dealt with it', async () => {
    const tryOn = await books.tryOnThat('failed', await createOverageStore(platform));
    const { channel, ownerId, sessionId, requestId } = tryOn;
    const record = {
      ...{ channel, ownerId, sessionId, requestId },
      ...{ reason: 'paid_by_overage_charge', credits: 1, at: new Date().toISOString() },
    };
    await platform.redis.hset('wearon:reconciliation', sessionId, JSON.stringify(record));
    await books.assertFound(tryOn, ['reconciliation_open']);
    const args = ['reconciliation', 'resolve', sessionId, '--note', 'done', '--yes'];
    assert.equal((await wearon(stack.env, args)).code, 0);
    assert.deepEqual(await books.verify(), []);
  });
});
