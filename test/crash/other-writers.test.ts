/** The crash matrix, rows X7 and X9-X12: others touch the session while we work on it. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { moderationBlocked } from '../../local/openai/vendor-errors.ts';
import {
  balanceOf,
  cleanupStore,
  createPerson,
  createStore,
  deletePerson,
  deleteStore,
  eventsOf,
  ledgerOf,
  recoverStuckJobs,
  refundFailedPush,
} from '../../local/platform.ts';
import { until } from '../../local/until.ts';
import { useCrashShop } from '../support/crash-shop.ts';
import {
  assertCompleted,
  assertRefundedOnce,
  balanceReaches,
  customersOfAllKinds,
  isStored,
  orderMany,
  orderTryOn,
  push,
  refundIsOver,
  rowOf,
} from '../support/shop.ts';
import { removeObjects } from '../support/supabase/bucket.ts';

const crash = useCrashShop();

it('X7: the same message twice, with two replicas, is generated once', async () => {
  const { platform, stack } = crash.shop;
  const store = await createStore(platform, { credits: 20 });
  const tryOns = await orderMany(platform, store, 8);
  stack.openai.latencyMs = 100;
  await Promise.all([crash.startWorker(), crash.startWorker()]);
  await push(platform, ...tryOns, ...tryOns);
  await assertCompleted(crash.shop, ...tryOns);
  await push(platform, ...tryOns);
  await until('the lists to be empty', async () => {
    const left = await platform.redis.llen('wearon:tasks:generation');
    return left + (await platform.redis.llen('wearon:tasks:generation:intake')) === 0;
  });
  assert.equal(crash.paidCalls(), 8);
});

it('X9: a session that the cron failed meanwhile keeps its one refund', async () => {
  const { platform, stack } = crash.shop;
  const person = await createPerson(platform);
  const tryOn = await orderTryOn(platform, person);
  const hold = stack.openai.faults.add({ method: 'POST', kind: 'hold' });
  const worker = await crash.startWorker();
  await push(platform, tryOn);
  await hold.hit;
  await recoverStuckJobs(platform, { olderThanMs: 0 });
  hold.release();
  await worker.logged('completion_lost', tryOn);
  await worker.logged('generation_skipped', tryOn);
  const row = await rowOf(crash.shop, tryOn);
  assert.equal(row.status, 'failed');
  assert.equal(row.generated_image_url, null);
  assert.equal(await balanceOf(platform, person), 10);
  assert.equal(await isStored(crash.shop, tryOn), false);
});

it('X9: a session that the cron refunded but did not fail is refunded once', async () => {
  const { platform, stack } = crash.shop;
  const person = await createPerson(platform);
  const tryOn = await orderTryOn(platform, person);
  const hold = stack.supabase.faults.add({ path: /\/uploads\//, kind: 'hold' });
  stack.openai.faults.add(moderationBlocked());
  const worker = await crash.startWorker();
  await push(platform, tryOn);
  await hold.hit;
  await recoverStuckJobs(platform, {
    olderThanMs: 0,
    afterRefund: async () => {
      hold.release();
      await until(
        'our own failing',
        async () => (await rowOf(crash.shop, tryOn)).status === 'failed',
      );
      await worker.logged('generation_failed', tryOn);
    },
  });
  await refundIsOver(crash.shop, tryOn);
  const refunds = (await ledgerOf(platform, tryOn)).filter(({ type }) => type === 'refund');
  assert.equal(refunds.length, 1);
  assert.equal(await balanceOf(platform, person), 10);
});

it('X10: a store uninstalled meanwhile gets no picture and loses no row', async () => {
  const { platform, stack } = crash.shop;
  const store = await createStore(platform);
  const running = await orderTryOn(platform, store);
  const prepared = await orderTryOn(platform, store);
  const queued = await orderTryOn(platform, store);
  const hold = stack.openai.faults.add({ method: 'POST', kind: 'hold' });
  const worker = await crash.startWorker({ WORKER_CONCURRENCY: '1' });
  await push(platform, running);
  await hold.hit;
  await push(platform, prepared, queued);
  await worker.logged('images_prepared', prepared);
  await cleanupStore(platform, store.storeId);
  await stack.database.query(
    `update store_generation_sessions set status = 'failed' where id = any($1)`,
    [[running.sessionId, prepared.sessionId]],
  );
  hold.release();
  await worker.logged('completion_lost', running);
  // Its row was read less than 30 s before its call: paid, and delivered to no one.
  await worker.logged('completion_lost', prepared);
  await worker.logged('generation_skipped', queued);
  assert.equal((await rowOf(crash.shop, queued)).error_message, 'Store uninstalled');
  for (const ended of [running, prepared]) {
    await worker.logged('generation_skipped', ended);
    assert.equal((await rowOf(crash.shop, ended)).status, 'failed');
    assert.equal(await isStored(crash.shop, ended), false);
  }
  assert.equal(crash.paidCalls(), 2);
});

it('X11: a task whose session was deleted is dropped without a call', async () => {
  const { platform } = crash.shop;
  const person = await createPerson(platform);
  const store = await createStore(platform);
  // Older than a read replica may lag: a younger task is looked for once more.
  const order = { createdAt: new Date(Date.now() - 60_000) };
  const tryOns = [
    await orderTryOn(platform, person, order),
    await orderTryOn(platform, store, order),
  ];
  await deletePerson(platform, person.userId);
  await deleteStore(platform, store.storeId);
  const worker = await crash.startWorker();
  await push(platform, ...tryOns);
  for (const { sessionId } of tryOns) {
    const line = await worker.logged('generation_skipped', { sessionId });
    assert.equal(line.reason, 'no_session');
  }
  assert.equal(crash.paidCalls(), 0);
});

it('X12: a task that its producer refunded is dropped without a call', async () => {
  const { platform } = crash.shop;
  const person = await createPerson(platform);
  const tryOn = await orderTryOn(platform, person);
  await push(platform, tryOn);
  await refundFailedPush(platform, tryOn);
  const worker = await crash.startWorker();
  const line = await worker.logged('generation_skipped', tryOn);
  assert.equal(line.reason, 'already_failed');
  assert.equal(crash.paidCalls(), 0);
  assert.equal(await balanceOf(platform, person), 10);
});

it("X12: a producer's refund of a failed task replaces ours", async () => {
  const { platform, stack } = crash.shop;
  const worker = await crash.startWorker();
  for (const customer of await customersOfAllKinds(platform)) {
    if (customer.kind === 'overage') continue;
    const tryOn = await orderTryOn(platform, customer, { isJustPaid: true });
    stack.openai.faults.add(moderationBlocked());
    await push(platform, tryOn);
    await worker.logged('generation_failed', tryOn);
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
  const tryOn = await orderTryOn(platform, person);
  await push(platform, tryOn);
  // Last: a session of more than a second that is on no list would be rescued.
  const worker = await crash.startWorker({ RESCUE_MIN_AGE_SECONDS: '1' });
  await assertCompleted(crash.shop, tryOn);
  await until('the delivery to be on record', async () =>
    (await eventsOf(platform, tryOn)).includes('generation_completed'),
  );
  await removeObjects(stack);
  await stack.database.query(
    `update generation_sessions set status = 'queued', completed_at = null, generated_image_url = null,
     created_at = now() - interval '1 hour' where id = $1`,
    [tryOn.sessionId],
  );
  const skipped = await worker.logged('refund_skipped', tryOn);
  assert.equal(skipped.reason, 'delivered_before');
  assert.equal((await rowOf(crash.shop, tryOn)).status, 'failed');
  assert.equal(await balanceOf(platform, person), 9);
});

it("another owner's task does not replace the genuine one of a session", async () => {
  const { platform } = crash.shop;
  const [owner, stranger] = [await createPerson(platform), await createPerson(platform)];
  const tryOn = await orderTryOn(platform, owner);
  const forged = { ...JSON.parse(tryOn.message), user_id: stranger.userId };
  // Both on the list before the intake runs: the stranger's is taken first.
  await push(platform, { ...tryOn, message: JSON.stringify(forged) }, tryOn);
  await crash.startWorker();
  await assertCompleted(crash.shop, tryOn);
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
