/**
 * The crash matrix, rows X6, X13-X15 and X24: the database answers late, not at all, or after it has
 * committed.
 */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { moderationBlocked } from '../../local/openai/vendor-errors.ts';
import { balanceOf, createPerson, createShopper, createStore } from '../../local/platform.ts';
import { until } from '../../local/until.ts';
import { UPLOAD, useCrashShop } from '../support/crash-shop.ts';
import {
  assertRefundedOnce,
  balanceReaches,
  isStored,
  orderTryOn,
  push,
  REFUND_WAIT_MS,
  refundIsOver,
  rowOf,
  settledRow,
} from '../support/shop.ts';

const crash = useCrashShop();

it('X13: a booked refund whose answer is lost is repeated for no payer', async () => {
  const { platform, stack } = crash.shop;
  const customers = [
    await createPerson(platform),
    await createStore(platform),
    await createShopper(platform),
  ];
  const worker = await crash.startWorker();
  stack.openai.faults.add({ ...moderationBlocked(), times: 3 });
  stack.supabase.faults.add({ path: /\/rpc\/refund_/, kind: 'drop-after', times: 3 });
  const tryOns = await Promise.all(customers.map((customer) => orderTryOn(platform, customer)));
  await push(platform, ...tryOns);
  for (const tryOn of tryOns) {
    await worker.logged('refund_error', tryOn);
    await refundIsOver(crash.shop, tryOn);
    await assertRefundedOnce(crash.shop, tryOn);
  }
  for (const customer of customers) assert.equal(await balanceOf(platform, customer), 10);
});

it('X14: a refund is booked when the database is back', async () => {
  const { platform, stack } = crash.shop;
  const store = await createStore(platform);
  const tryOn = await orderTryOn(platform, store);
  stack.openai.faults.add(moderationBlocked());
  const outage = stack.supabase.faults.add({
    path: /\/rest\/v1\/(rpc|store_credit_transactions)/,
    kind: 'status',
    status: 503,
    times: Number.POSITIVE_INFINITY,
  });
  const worker = await crash.startWorker();
  await push(platform, tryOn);
  await worker.logged('refund_error', tryOn);
  await until('a second try', () => outage.hits >= 2);
  outage.release();
  await balanceReaches(crash.shop, store, 10);
  await assertRefundedOnce(crash.shop, tryOn);
});

it('X15: a missing balance row leaves a reconciliation record, and no loop', async () => {
  const { platform, stack } = crash.shop;
  const shopper = await createShopper(platform);
  const tryOn = await orderTryOn(platform, shopper);
  await stack.database.query('delete from store_shopper_credits where store_id = $1', [
    shopper.storeId,
  ]);
  stack.openai.faults.add(moderationBlocked());
  const worker = await crash.startWorker();
  await push(platform, tryOn);
  const line = await worker.logged('refund_needs_reconciliation');
  assert.equal(line.reason, 'refund_refused');
  const record = await platform.redis.hget('wearon:reconciliation', tryOn.sessionId);
  assert.equal(JSON.parse(record ?? '{}').ownerId, shopper.storeId);
  assert.equal((await rowOf(crash.shop, tryOn)).status, 'failed');
});

it('X24: a completion refused by the database for a while costs one call', async () => {
  const { platform, stack } = crash.shop;
  const tryOn = await orderTryOn(platform, await createPerson(platform));
  const stored = stack.supabase.faults.arrived(UPLOAD);
  await crash.startWorker();
  await push(platform, tryOn);
  await stored;
  const refused = { method: 'PATCH', kind: 'status', status: 503, times: 3 } as const;
  const outage = stack.supabase.faults.add(refused);
  const row = await settledRow(crash.shop, tryOn);
  assert.equal(row.status, 'completed');
  assert.equal(outage.hits, 3);
  assert.equal(crash.paidCalls(), 1);
});

it('X24: a committed completion whose answer is lost is recognised', async () => {
  const { platform, stack } = crash.shop;
  const tryOn = await orderTryOn(platform, await createPerson(platform));
  const stored = stack.supabase.faults.arrived(UPLOAD);
  const worker = await crash.startWorker();
  await push(platform, tryOn);
  await stored;
  stack.supabase.faults.add({ method: 'PATCH', kind: 'drop-after' });
  await worker.logged('generation_completed', tryOn);
  assert.equal((await rowOf(crash.shop, tryOn)).status, 'completed');
  assert.equal(await isStored(crash.shop, tryOn), true);
});

it('X6: a booking held by the database during a kill is not made twice', async () => {
  const { platform, stack } = crash.shop;
  const person = await createPerson(platform);
  const tryOn = await orderTryOn(platform, person);
  stack.openai.faults.add(moderationBlocked());
  const lock = await stack.database.connect();
  await lock.query('begin');
  await lock.query('select * from user_credits where user_id = $1 for update', [person.userId]);
  const worker = await crash.startWorker();
  // Up already, so that it takes the refund over while the booking is young.
  const next = await crash.startWorker();
  next.process.kill('SIGSTOP');
  await push(platform, tryOn);
  const waitingForLock = `select 1 from pg_stat_activity
    where wait_event_type = 'Lock' and query like '%refund_credits%'`;
  const isBooking = async () => (await stack.database.query(waitingForLock)).rows.length > 0;
  await until('the booking to wait for the row', isBooking, REFUND_WAIT_MS);
  await worker.end('SIGKILL');
  next.process.kill('SIGCONT');
  // The next one has taken the refund over, and puts it off until the booking has ended. Where that
  // takes too long, the database breaks the booking off, and the next one books.
  await until('the refund to be put off', async () => {
    return (await platform.redis.zcard('wearon:bull:refund:delayed')) === 1;
  });
  await lock.query('commit');
  lock.release();
  await refundIsOver(crash.shop, tryOn);
  await assertRefundedOnce(crash.shop, tryOn);
  assert.equal(await balanceOf(platform, person), 10);
});
