/** Redis loses data, and with it go refunds of sessions that had failed already. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { moderationBlocked } from '../../local/openai/vendor-errors.ts';
import { createOverageStore, createPerson, type TryOn } from '../../local/platform.ts';
import { until } from '../../local/until.ts';
import { publicText } from '../../src/errors.ts';
import { useCrashShop } from '../support/crash-shop.ts';
import {
  assertRefundedOnce,
  balanceReaches,
  orderForPayers,
  orderTryOn,
  push,
  REFUND_WAIT_MS,
} from '../support/shop.ts';

const crash = useCrashShop();
const MARK = 'wearon:memory';

it('refunds lost with Redis are booked once, from the rows', async () => {
  const { platform, stack } = crash.shop;
  const tryOns = await orderForPayers(platform);
  stack.openai.faults.add({ ...moderationBlocked(), times: tryOns.length });
  const away = { path: /\/rpc\/refund_/, times: Number.POSITIVE_INFINITY };
  const fault = stack.supabase.faults.add({ ...away, kind: 'status', status: 503, body: {} });
  const worker = await crash.startWorker();
  await push(platform, ...tryOns);
  for (const { sessionId } of tryOns) {
    await worker.logged('refund_error', { sessionId });
  }
  await platform.redis.flushall();
  fault.release();
  await until('the loss to be recorded', async () => Number(await platform.redis.get(MARK)) > 0);
  await noteLoss();
  for (const tryOn of tryOns) {
    await balanceReaches(crash.shop, tryOn.customer, 10);
    await assertRefundedOnce(crash.shop, tryOn);
  }
  // Nothing is taken up twice: the mark is whole again, and the ledger has every refund.
  await until('the mark', async () => (await platform.redis.get(MARK)) === 'whole');
  for (const tryOn of tryOns) await assertRefundedOnce(crash.shop, tryOn);
});

/** Sets the session's row as a worker leaves it that failed it a minute ago. */
async function failRow({ channel, sessionId }: TryOn): Promise<void> {
  const table = channel === 'b2c' ? 'generation_sessions' : 'store_generation_sessions';
  await crash.shop.stack.database.query(
    `update ${table} set status = 'failed', error_message = $2,
       completed_at = date_trunc('milliseconds', now() - interval '60 s') where id = $1`,
    [sessionId, publicText('GENERATION_FAILED', null)],
  );
}

/** Dates the loss back beyond the time in which bookings may still be under way. */
function noteLoss(): Promise<unknown> {
  return crash.shop.platform.redis.set(MARK, Date.now() - 30_000);
}

it('a closed reconciliation is not reopened after a loss; the mark expires', async () => {
  const { platform } = crash.shop;
  const tryOn = await orderTryOn(platform, await createOverageStore(platform));
  await failRow(tryOn);
  await platform.redis.hset('wearon:reconciliation:resolved', tryOn.sessionId, '{}');
  await noteLoss();
  await crash.startWorker();
  await until('the mark', async () => (await platform.redis.get(MARK)) === 'whole');
  assert.equal(await platform.redis.hexists('wearon:reconciliation', tryOn.sessionId), 0);
  assert.ok((await platform.redis.ttl(MARK)) > 0);
});

it('an error in one sweep does not keep the others from running', async () => {
  const { platform } = crash.shop;
  const tryOn = await orderTryOn(platform, await createPerson(platform));
  await failRow(tryOn);
  await noteLoss();
  // No list: the sweep over leftovers fails on it.
  await platform.redis.set('wearon:tasks:generation:intake', 'no list');
  const worker = await crash.startWorker();
  await worker.logged('loop_error', ({ loop }) => loop === 'leftovers');
  await assertRefundedInTheEnd(tryOn);
});

it('a loss during a recovery is recovered as well', async () => {
  const { platform, stack } = crash.shop;
  const tryOn = await orderTryOn(platform, await createPerson(platform));
  await failRow(tryOn);
  const ledger = new RegExp(`credit_transactions.*${tryOn.ownerId}`);
  const hold = stack.supabase.faults.add({ path: ledger, kind: 'hold' });
  await noteLoss();
  await crash.startWorker();
  await hold.hit;
  await platform.redis.flushall();
  hold.release();
  await assertRefundedInTheEnd(tryOn);
  assert.notEqual(await platform.redis.get(MARK), 'whole');
});

function assertRefundedInTheEnd(tryOn: TryOn): Promise<unknown> {
  const isRefunded = () =>
    assertRefundedOnce(crash.shop, tryOn).then(
      () => true,
      () => null,
    );
  return until('the refund', isRefunded, REFUND_WAIT_MS);
}
