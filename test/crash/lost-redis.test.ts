/** Redis comes back without its data, and with it went refunds of sessions that had failed already. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { moderationBlocked } from '../../local/openai/vendor-errors.ts';
import { until } from '../../local/until.ts';
import { useCrashShop } from '../support/crash-shop.ts';
import {
  assertRefundedOnce,
  balanceReaches,
  customersOfAllKinds,
  orderTryOn,
  push,
} from '../support/shop.ts';

const crash = useCrashShop();

it('refunds that were outstanding in a Redis that lost its data are booked, once, from the rows', async () => {
  const { platform, stack } = crash.shop;
  const customers = await customersOfAllKinds(platform);
  const tryOns = await Promise.all(customers.map((customer) => orderTryOn(platform, customer)));
  stack.openai.faults.add({ ...moderationBlocked(), times: customers.length });
  const away = { path: /\/rpc\/refund_/, times: Number.POSITIVE_INFINITY };
  const fault = stack.supabase.faults.add({ ...away, kind: 'status', status: 503, body: {} });
  const worker = await crash.startWorker();
  await push(platform, ...tryOns);
  const paid = tryOns.filter((_, i) => customers[i]?.kind !== 'overage');
  for (const { sessionId } of paid) {
    await worker.logged('refund_error', (line) => line.session_id === sessionId);
  }
  await platform.redis.flushall();
  fault.release();
  for (const [i, customer] of customers.entries()) {
    if (customer.kind === 'overage') continue;
    await balanceReaches(crash.shop, customer, 10);
    await assertRefundedOnce(crash.shop, tryOns[i] ?? assert.fail());
  }
  // Nothing is taken up twice: the mark is whole again, and the ledger has every refund.
  await until('the mark', async () => (await platform.redis.get('wearon:memory')) === 'whole');
  for (const tryOn of paid) await assertRefundedOnce(crash.shop, tryOn);
});
