/**
 * The crash matrix, rows X7, X9-X15, X24: others touch the session while we work on it, and the
 * database answers late, not at all, or after it has committed.
 */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { moderationBlocked } from '../../local/openai/vendor-errors.ts';
import {
  balanceOf,
  cleanupStore,
  createPerson,
  createShopper,
  createStore,
  deletePerson,
  deleteStore,
  eventsOf,
  ledgerOf,
  recoverStuckJobs,
  refundFailedPush,
} from '../../local/platform.ts';
import { until } from '../../local/until.ts';
import { removeObjects } from '../support/bucket.ts';
import { useCrashShop } from '../support/crash-shop.ts';
import {
  assertRefundedOnce,
  balanceReaches,
  customersOfAllKinds,
  orderTryOn,
  picturePath,
  push,
  REFUND_WAIT_MS,
  refundIsOver,
  rowOf,
  settledRow,
} from '../support/shop.ts';

const crash = useCrashShop();

async function isStored(path: string): Promise<boolean> {
  const { supabase, bucket } = crash.shop.platform;
  return (await supabase.storage.from(bucket).createSignedUrl(path, 60)).error === null;
}

it('X7: the same message twice, with two replicas, is generated once', async () => {
  const store = await createStore(crash.shop.platform, { credits: 20 });
  const tryOns = await Promise.all(
    Array.from({ length: 8 }, () => orderTryOn(crash.shop.platform, store)),
  );
  crash.shop.stack.openai.latencyMs = 100;
  await Promise.all([crash.startWorker(), crash.startWorker()]);
  const callsBefore = crash.paidCalls();
  await push(crash.shop.platform, ...tryOns, ...tryOns);
  const rows = await Promise.all(tryOns.map((tryOn) => settledRow(crash.shop, tryOn)));
  assert.deepEqual([...new Set(rows.map((row) => row.status))], ['completed']);
  await push(crash.shop.platform, ...tryOns);
  await until('the lists to be empty', async () => {
    const { redis } = crash.shop.platform;
    const left = await redis.llen('wearon:tasks:generation');
    return left + (await redis.llen('wearon:tasks:generation:intake')) === 0;
  });
  assert.equal(crash.paidCalls() - callsBefore, 8);
});

it('X9: a session that the cron failed meanwhile keeps its one refund', async () => {
  const person = await createPerson(crash.shop.platform);
  const tryOn = await orderTryOn(crash.shop.platform, person);
  const hold = crash.shop.stack.openai.faults.add({ method: 'POST', kind: 'hold' });
  const worker = await crash.startWorker();
  await push(crash.shop.platform, tryOn);
  await hold.hit;
  await recoverStuckJobs(crash.shop.platform, { olderThanMs: 0 });
  hold.release();
  await worker.logged('completion_lost', (line) => line.session_id === tryOn.sessionId);
  await worker.logged('generation_skipped', (line) => line.session_id === tryOn.sessionId);
  const row = await rowOf(crash.shop, tryOn);
  assert.equal(row.status, 'failed');
  assert.equal(row.generated_image_url, null);
  assert.equal(await balanceOf(crash.shop.platform, person), 10);
  assert.equal(await isStored(picturePath(tryOn)), false);
});

it('X9: a session that the cron refunded but did not fail is refunded once', async () => {
  const person = await createPerson(crash.shop.platform);
  const tryOn = await orderTryOn(crash.shop.platform, person);
  const hold = crash.shop.stack.supabase.faults.add({ path: /\/uploads\//, kind: 'hold' });
  crash.shop.stack.openai.faults.add(moderationBlocked());
  const worker = await crash.startWorker();
  await push(crash.shop.platform, tryOn);
  await hold.hit;
  await recoverStuckJobs(crash.shop.platform, {
    olderThanMs: 0,
    afterRefund: async () => {
      hold.release();
      await until(
        'our own failing',
        async () => (await rowOf(crash.shop, tryOn)).status === 'failed',
      );
      await worker.logged('generation_failed', (line) => line.session_id === tryOn.sessionId);
    },
  });
  await refundIsOver(crash.shop, tryOn);
  const refunds = (await ledgerOf(crash.shop.platform, tryOn)).filter(
    ({ type }) => type === 'refund',
  );
  assert.equal(refunds.length, 1);
  assert.equal(await balanceOf(crash.shop.platform, person), 10);
});

it('X10: a store uninstalled meanwhile gets no picture and loses no row', async () => {
  const store = await createStore(crash.shop.platform);
  const running = await orderTryOn(crash.shop.platform, store);
  const queued = await orderTryOn(crash.shop.platform, store);
  const hold = crash.shop.stack.openai.faults.add({ method: 'POST', kind: 'hold' });
  const worker = await crash.startWorker({ WORKER_CONCURRENCY: '1' });
  const callsBefore = crash.paidCalls();
  await push(crash.shop.platform, running, queued);
  await hold.hit;
  await cleanupStore(crash.shop.platform, store.storeId);
  await crash.shop.stack.database.query(
    `update store_generation_sessions set status = 'failed' where id = $1`,
    [running.sessionId],
  );
  hold.release();
  await worker.logged('completion_lost', (line) => line.session_id === running.sessionId);
  await worker.logged('generation_skipped', (line) => line.session_id === queued.sessionId);
  assert.equal((await rowOf(crash.shop, queued)).error_message, 'Store uninstalled');
  assert.equal(await isStored(picturePath(running)), false);
  assert.equal(crash.paidCalls() - callsBefore, 1);
});

it('X11: a task whose session was deleted is dropped without a call', async () => {
  const person = await createPerson(crash.shop.platform);
  const store = await createStore(crash.shop.platform);
  // Older than a read replica may lag: a younger task is looked for once more.
  const order = { createdAt: new Date(Date.now() - 60_000) };
  const tryOns = [
    await orderTryOn(crash.shop.platform, person, order),
    await orderTryOn(crash.shop.platform, store, order),
  ];
  await deletePerson(crash.shop.platform, person.userId);
  await deleteStore(crash.shop.platform, store.storeId);
  const callsBefore = crash.paidCalls();
  const worker = await crash.startWorker();
  await push(crash.shop.platform, ...tryOns);
  for (const { sessionId } of tryOns) {
    const line = await worker.logged('generation_skipped', (l) => l.session_id === sessionId);
    assert.equal(line.reason, 'no_session');
  }
  assert.equal(crash.paidCalls(), callsBefore);
});

it('X12: a task that its producer refunded is dropped without a call', async () => {
  const person = await createPerson(crash.shop.platform);
  const tryOn = await orderTryOn(crash.shop.platform, person);
  await push(crash.shop.platform, tryOn);
  await refundFailedPush(crash.shop.platform, tryOn);
  const callsBefore = crash.paidCalls();
  const worker = await crash.startWorker();
  const line = await worker.logged('generation_skipped', (l) => l.session_id === tryOn.sessionId);
  assert.equal(line.reason, 'already_failed');
  assert.equal(crash.paidCalls(), callsBefore);
  assert.equal(await balanceOf(crash.shop.platform, person), 10);
});

it("X12: a producer's refund of a failed task replaces ours", async () => {
  const { platform, stack } = crash.shop;
  const worker = await crash.startWorker();
  for (const customer of await customersOfAllKinds(platform)) {
    if (customer.kind === 'overage') continue;
    const tryOn = await orderTryOn(platform, customer, { isJustPaid: true });
    stack.openai.faults.add(moderationBlocked());
    await push(platform, tryOn);
    await worker.logged('generation_failed', (line) => line.session_id === tryOn.sessionId);
    await refundFailedPush(platform, tryOn).catch((error: Error) => {
      // We were first, with the key that both use.
      assert.match(error.message, /duplicate key/);
    });
    await refundIsOver(crash.shop, tryOn);
    assert.equal(await balanceOf(platform, customer), 10, customer.kind);
  }
});

it('a row set back after its picture was deleted fails without a refund', async () => {
  const { platform, stack } = crash.shop;
  const person = await createPerson(platform);
  const worker = await crash.startWorker({ RESCUE_MIN_AGE_SECONDS: '1' });
  const tryOn = await orderTryOn(platform, person);
  await push(platform, tryOn);
  assert.equal((await settledRow(crash.shop, tryOn)).status, 'completed');
  await until('the delivery to be on record', async () =>
    (await eventsOf(platform, tryOn)).includes('generation_completed'),
  );
  await removeObjects(stack);
  await stack.database.query(
    `update generation_sessions set status = 'queued', completed_at = null, generated_image_url = null,
     created_at = now() - interval '1 hour' where id = $1`,
    [tryOn.sessionId],
  );
  const skipped = await worker.logged('refund_skipped', (l) => l.session_id === tryOn.sessionId);
  assert.equal(skipped.reason, 'delivered_before');
  assert.equal((await rowOf(crash.shop, tryOn)).status, 'failed');
  assert.equal(await balanceOf(platform, person), 9);
});

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
    await worker.logged('refund_error', (line) => line.session_id === tryOn.sessionId);
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
  await worker.logged('refund_error', (line) => line.session_id === tryOn.sessionId);
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
  const callsBefore = crash.paidCalls();
  const stored = stack.supabase.faults.arrived({
    method: 'POST',
    path: /\/object\/[^s].*\/generated\//,
  });
  await crash.startWorker();
  await push(platform, tryOn);
  await stored;
  const outage = stack.supabase.faults.add({
    method: 'PATCH',
    kind: 'status',
    status: 503,
    times: 3,
  });
  const row = await settledRow(crash.shop, tryOn);
  assert.equal(row.status, 'completed');
  assert.equal(outage.hits, 3);
  assert.equal(crash.paidCalls() - callsBefore, 1);
});

it('X24: a committed completion whose answer is lost is recognised', async () => {
  const { platform, stack } = crash.shop;
  const tryOn = await orderTryOn(platform, await createPerson(platform));
  const stored = stack.supabase.faults.arrived({
    method: 'POST',
    path: /\/object\/[^s].*\/generated\//,
  });
  const worker = await crash.startWorker();
  await push(platform, tryOn);
  await stored;
  stack.supabase.faults.add({ method: 'PATCH', kind: 'drop-after' });
  await worker.logged('generation_completed', (line) => line.session_id === tryOn.sessionId);
  assert.equal((await rowOf(crash.shop, tryOn)).status, 'completed');
  assert.equal(await isStored(picturePath(tryOn)), true);
});

it("another owner's task does not replace the genuine one of a session", async () => {
  const { platform } = crash.shop;
  const [owner, stranger] = [await createPerson(platform), await createPerson(platform)];
  const tryOn = await orderTryOn(platform, owner);
  const forged = { ...JSON.parse(tryOn.message), user_id: stranger.userId };
  // Both on the list before anybody looks: the stranger's is taken first.
  await push(platform, { ...tryOn, message: JSON.stringify(forged) }, tryOn);
  await crash.startWorker();
  assert.equal((await settledRow(crash.shop, tryOn)).status, 'completed');
  assert.equal(await balanceOf(platform, stranger), 10);
});

it('a row filled with nonsense does not hide lost sessions from the rescue', async () => {
  const { platform, stack } = crash.shop;
  const odd = await orderTryOn(platform, await createPerson(platform));
  const nonsense = `update generation_sessions set completed_at = 'infinity', credits_used = null`;
  await stack.database.query(`${nonsense} where id = $1`, [odd.sessionId]);
  const store = await createStore(platform);
  const lost = await orderTryOn(platform, store);
  await crash.startWorker({ RESCUE_MIN_AGE_SECONDS: '0' });
  await balanceReaches(crash.shop, store, 10);
  await assertRefundedOnce(crash.shop, lost);
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
  // The next one has taken the refund over, and puts it off until the booking has ended.
  await until('the refund to be put off', async () => {
    return (await platform.redis.zcard('wearon:bull:refund:delayed')) === 1;
  });
  await lock.query('commit');
  lock.release();
  await refundIsOver(crash.shop, tryOn);
  await assertRefundedOnce(crash.shop, tryOn);
  assert.equal(await balanceOf(platform, person), 10);
  const own = next.lines.filter(({ session_id }) => session_id === tryOn.sessionId);
  assert.ok(!own.some(({ message }) => message === 'credit_refunded'));
});
