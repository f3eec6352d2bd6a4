import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { afterTests } from '../../test/support/after-tests.ts';
import { openShop } from '../../test/support/shop.ts';
import {
  balanceOf,
  type Customer,
  cleanupStore,
  createOverageStore,
  createPerson,
  createShopper,
  createStore,
  deletePerson,
  deleteStore,
  eventsOf,
  ledgerOf,
  recoverStuckJobs,
  refundFailedPush,
  requestTryOn,
  sessionOf,
  TASK_LIST,
  type TryOn,
  uploadPhoto,
} from '../platform.ts';

const { stack, platform } = afterTests.use(await openShop());

const imageUrls = ['https://photos.test/model.jpg', 'https://photos.test/outfit.jpg'];
const ask = (customer: Customer) => requestTryOn(platform, { customer, imageUrls });

/** Types and descriptions of what was booked for a try-on. */
async function bookings(tryOn: TryOn): Promise<string[]> {
  const rows = await ledgerOf(platform, tryOn);
  return rows
    .filter(({ type }) => type !== 'signup_bonus')
    .map((row) => `${row.type}: ${row.description}`);
}

describe('a request for a try-on', () => {
  test('of a person takes a credit, queues the session and pushes the task', async () => {
    const person = await createPerson(platform, { credits: 3 });
    const tryOn = await ask(person);
    assert.equal(await balanceOf(platform, person), 2);
    assert.equal((await sessionOf(platform, tryOn))?.status, 'queued');
    assert.deepEqual(await bookings(tryOn), ['generation: Image generation']);
    assert.deepEqual(await eventsOf(platform, tryOn), ['generation_started']);
    const pushed = JSON.parse((await platform.redis.lindex(TASK_LIST, 0)) ?? '');
    assert.equal(pushed.user_id, person.userId);
    assert.equal(pushed.session_id, tryOn.sessionId);
    assert.deepEqual(pushed.image_urls, imageUrls);
    assert.equal('store_id' in pushed, false);
  });

  test('of a store takes its credit and says so in the ledger', async () => {
    const store = await createStore(platform, { credits: 3 });
    const tryOn = await ask({ ...store, shopperEmail: 'guest@shop.test' });
    assert.equal(await balanceOf(platform, store), 2);
    assert.deepEqual(await bookings(tryOn), ['deduction: B2B generation']);
    assert.deepEqual(await eventsOf(platform, tryOn), ['generation_queued']);
  });

  test("of a store's shopper takes the shopper's credit and names the shopper", async () => {
    const shopper = await createShopper(platform, { credits: 3 });
    const tryOn = await ask(shopper);
    assert.equal(await balanceOf(platform, shopper), 2);
    assert.deepEqual(await bookings(tryOn), [
      `deduction: B2B shopper generation (shopper=${shopper.shopperEmail})`,
    ]);
  });

  test('on overage takes no credit and books the charge', async () => {
    const tryOn = await ask(await createOverageStore(platform));
    const [booking = ''] = await bookings(tryOn);
    assert.match(
      booking,
      /^overage: Overage charge \(starter\) billed at 16 cents via Paddle charge /,
    );
    assert.equal((await sessionOf(platform, tryOn))?.status, 'queued');
  });

  test('is refused where no one can pay, and nothing is queued', async () => {
    const store = await createStore(platform, { credits: 0 });
    const before = await platform.redis.llen(TASK_LIST);
    await assert.rejects(ask(store), /INSUFFICIENT_CREDITS/);
    assert.equal(await platform.redis.llen(TASK_LIST), before);
  });

  test('uses photos that only their signed link opens', async () => {
    const bytes = new Uint8Array([0xff, 0xd8, 0xff]);
    const link = await uploadPhoto(platform, await createStore(platform), { bytes });
    assert.match(link, /\/object\/sign\/virtual-tryon-images\/stores\/[^/]+\/uploads\/\d+-/);
    assert.deepEqual(new Uint8Array(await (await fetch(link)).arrayBuffer()), bytes);
    assert.equal((await fetch(link.replace(/\?.*/, ''))).status, 400);
  });
});

describe('other writes of the platform', () => {
  test('a push that seems to have failed is refunded to the payer', async () => {
    for (const create of [createPerson, createStore, createShopper]) {
      const customer = await create(platform, { credits: 3 });
      const tryOn = await ask(customer);
      await refundFailedPush(platform, tryOn);
      assert.equal(await balanceOf(platform, customer), 3, customer.kind);
      assert.equal((await sessionOf(platform, tryOn))?.status, 'failed');
    }
  });

  test('the cron refunds stuck sessions, then fails them in any state', async () => {
    const person = await createPerson(platform, { credits: 3 });
    const tryOn = await ask(person);
    const age =
      "update generation_sessions set created_at = now() - interval '11 min' where id = $1";
    await stack.database.query(age, [tryOn.sessionId]);
    const complete = "update generation_sessions set status = 'completed' where id = $1";
    const stuck = await recoverStuckJobs(platform, {
      async afterRefund({ id }) {
        assert.equal(await balanceOf(platform, person), 3);
        await stack.database.query(complete, [id]);
      },
    });
    assert.deepEqual(
      stuck.map(({ id }) => id),
      [tryOn.sessionId],
    );
    const session = await sessionOf(platform, tryOn);
    assert.equal(session?.status, 'failed');
    assert.notEqual(session?.completed_at, null);
    assert.ok((await bookings(tryOn)).some((text) => text.includes(`session ${tryOn.sessionId}`)));
    assert.deepEqual(await eventsOf(platform, tryOn), [
      'generation_started',
      'stuck_job_recovered',
    ]);
  });

  test('the cron leaves young sessions and stores alone', async () => {
    await ask(await createPerson(platform));
    await ask(await createStore(platform));
    assert.deepEqual(await recoverStuckJobs(platform), []);
  });

  test('uninstalling a store fails what waits, without refund', async () => {
    const store = await createStore(platform, { credits: 3 });
    const [waiting, running] = [await ask(store), await ask(store)];
    const start = "update store_generation_sessions set status = 'processing' where id = $1";
    await stack.database.query(start, [running.sessionId]);
    await cleanupStore(platform, store.storeId);
    assert.equal((await sessionOf(platform, waiting))?.error_message, 'Store uninstalled');
    assert.equal((await sessionOf(platform, running))?.status, 'processing');
    assert.equal(await balanceOf(platform, store), 1);
  });

  test('deleting a person or a store deletes their sessions', async () => {
    const person = await createPerson(platform);
    const store = await createStore(platform);
    const [ofPerson, ofStore] = [await ask(person), await ask(store)];
    await deletePerson(platform, person.userId);
    await deleteStore(platform, store.storeId);
    assert.equal(await sessionOf(platform, ofPerson), null);
    assert.equal(await sessionOf(platform, ofStore), null);
    assert.equal(await balanceOf(platform, person), null);
  });
});
