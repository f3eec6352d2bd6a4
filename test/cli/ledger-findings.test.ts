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
import { BullRefunds } from '../../src/adapters/redis/jobs/refund-queue.ts';
import { TaskError } from '../../src/errors.ts';
import { failureText } from '../../src/failure-text.ts';
import { refundIntent } from '../../src/tryon/refund-intent.ts';
import { afterTests } from '../support/after-tests.ts';
import { wearon } from '../support/cli.ts';
import { customersOfAllKinds, openShop } from '../support/shop.ts';
import {
  assertFound,
  call,
  changeSessions,
  emptyBooks,
  forPersonAndStore,
  minutesPass,
  refund,
  removePayments,
  tryOnThat,
  verify,
} from './books.ts';

const shop = afterTests.use(await openShop());
const { platform, stack } = shop;

/** What the worker writes into a row that it fails. */
const PENDING = failureText(new TaskError('ABANDONED').publicText, 'pending');

beforeEach(() => emptyBooks(shop));

/** The findings, of sessions or of none, as reason and owner. */
async function reasonsAndOwners(): Promise<string[][]> {
  const findings = await verify(shop);
  return findings.map(({ reason, ownerId }) => [reason, ownerId]).sort();
}

describe('wrong money', () => {
  it('of a failed session without refund is found, for every kind of payer', async () => {
    for (const customer of await customersOfAllKinds(platform)) {
      const tryOn = await tryOnThat(shop, 'failed', customer);
      await assertFound(shop, tryOn, ['failed_without_refund']);
      await changeSessions(shop, "status = 'completed'");
    }
  });

  it('of a refund that is under way is distinguished', async () => {
    const tryOn = await tryOnThat(shop, 'failed', await createPerson(platform));
    await using refunds = new BullRefunds(platform.redis);
    await refunds.add(refundIntent(tryOn, tryOn.requestId, new TaskError('ABANDONED')));
    await assertFound(shop, tryOn, ['refund_outstanding']);
  });

  it('of a session refunded twice is found', async () => {
    await forPersonAndStore(shop, async (customer) => {
      const tryOn = await tryOnThat(shop, 'failed', customer);
      await refund(shop, tryOn);
      await refund(shop, tryOn, { requestId: 'another' });
      await assertFound(shop, tryOn, ['refunded_twice']);
    });
  });

  it('of a session that is completed and refunded is found', async () => {
    await forPersonAndStore(shop, async (customer) => {
      const tryOn = await tryOnThat(shop, 'completed', customer);
      await refund(shop, tryOn);
      await assertFound(shop, tryOn, ['completed_and_refunded']);
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
      const tryOn = await tryOnThat(shop, 'failed', paid);
      await refund(shop, tryOn, { to });
      await assertFound(shop, tryOn, ['refund_to_wrong_payer']);
      await emptyBooks(shop);
    }
  });

  it('of another amount than was paid is found, whatever the row says', async () => {
    await forPersonAndStore(shop, async (customer) => {
      const tryOn = await tryOnThat(shop, 'failed', customer);
      await refund(shop, tryOn, { amount: 3 });
      await changeSessions(shop, 'credits_used = 3');
      await assertFound(shop, tryOn, ['wrong_amount']);
    });
  });

  it('of a delivered session that the platform paid back afterwards is found', async () => {
    await forPersonAndStore(shop, async (customer) => {
      const tryOn = await tryOnThat(shop, 'completed', customer);
      await changeSessions(shop, "generated_image_url = 'expired'");
      await refundFailedPush(platform, tryOn);
      await assertFound(shop, tryOn, ['delivered_and_refunded']);
    });
  });

  it('that the platform paid back for a failed push is not found missing', async () => {
    const person = await createPerson(platform);
    const first = await tryOnThat(shop, 'failed', person);
    await changeSessions(shop, `error_message = '${PENDING}'`);
    await refundFailedPush(platform, await tryOnThat(shop, 'queued', person));
    await assertFound(shop, first, ['failed_without_refund']);
  });

  it('of a refund for which nothing was taken is found', async () => {
    const tryOn = await tryOnThat(shop, 'failed', await createStore(platform));
    await removePayments(shop);
    await refund(shop, tryOn);
    await assertFound(shop, tryOn, ['refund_without_payment']);
  });

  it('that was taken without a session is found once none can still come', async () => {
    const { userId } = await createPerson(platform);
    const { storeId } = await createStore(platform);
    await call(shop, 'deduct_credits', { p_user_id: userId, p_amount: 1 });
    const ofStore = { p_store_id: storeId, p_amount: 1, p_request_id: 'lost' };
    await call(shop, 'deduct_store_credits', ofStore);
    assert.deepEqual(await verify(shop), []);
    await minutesPass(shop, 2);
    const expected = [storeId, userId].map((id) => ['deduction_without_session', id]);
    assert.deepEqual(await reasonsAndOwners(), expected.sort());
  });

  it('that was given without a session is found', async () => {
    const { userId } = await createPerson(platform);
    await call(shop, 'refund_credits', { p_user_id: userId, p_amount: 1 });
    await minutesPass(shop, 2);
    assert.deepEqual(await reasonsAndOwners(), [['refund_without_session', userId]]);
  });

  it('of a session that no one paid for is found', async () => {
    await forPersonAndStore(shop, async (customer) => {
      const tryOn = await tryOnThat(shop, 'completed', customer);
      await removePayments(shop);
      await assertFound(shop, tryOn, ['session_without_deduction']);
    });
  });

  it('of a second session under one request id is found', async () => {
    const store = await createStore(platform);
    const first = await tryOnThat(shop, 'completed', store);
    await stack.database.query(
      `insert into store_generation_sessions
         (store_id, status, model_image_url, prompt_system, request_id)
       values ($1, 'completed', 'https://x.test/p.jpg', '', $2)`,
      [store.storeId, first.requestId],
    );
    const findings = await verify(shop);
    assert.deepEqual(
      findings.map(({ reason }) => reason),
      ['session_without_deduction'],
    );
    assert.notEqual(findings[0]?.sessionId, first.sessionId);
  });

  it('of a session that is processing for too long is found', async () => {
    const tryOn = await tryOnThat(shop, 'processing', await createStore(platform));
    await minutesPass(shop, 8);
    assert.deepEqual(await verify(shop), []);
    await minutesPass(shop, 7);
    await assertFound(shop, tryOn, ['processing_too_long']);
  });

  it('that waits for a person is found until the person has dealt with it', async () => {
    const tryOn = await tryOnThat(shop, 'failed', await createOverageStore(platform));
    const { channel, ownerId, sessionId, requestId } = tryOn;
    const record = {
      ...{ channel, ownerId, sessionId, requestId },
      ...{ reason: 'paid_by_overage_charge', credits: 1, at: new Date().toISOString() },
    };
    await platform.redis.hset('wearon:reconciliation', sessionId, JSON.stringify(record));
    await assertFound(shop, tryOn, ['reconciliation_open']);
    const args = ['reconciliation', 'resolve', sessionId, '--note', 'done', '--yes'];
    assert.equal((await wearon(stack.env, args)).code, 0);
    assert.deepEqual(await verify(shop), []);
  });
});
