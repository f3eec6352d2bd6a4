/**
 * The Supabase adapters, held to their ports on the local stack's real database and storage.
 */
import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { describe, it } from 'node:test';
import {
  balanceOf,
  createPerson,
  createShopper,
  createStore,
  eventsOf,
} from '../../local/platform.ts';
import { SupabaseAnalytics } from '../../src/adapters/supabase/analytics.ts';
import { connectSupabase } from '../../src/adapters/supabase/client.ts';
import { SupabaseLedger } from '../../src/adapters/supabase/ledger.ts';
import { SupabaseSessions } from '../../src/adapters/supabase/sessions.ts';
import type { WorkerEvent } from '../../src/ports/events.ts';
import type { RefundOrder } from '../../src/ports/ledger.ts';
import type { Session } from '../../src/ports/session.ts';
import { afterTests } from '../support/after-tests.ts';
import { openShop, orderTryOn } from '../support/shop.ts';

const shop = afterTests.use(await openShop());
const { platform, stack } = shop;
const supabase = connectSupabase(stack.supabase.url, stack.supabase.serviceRoleKey);
const sessions = new SupabaseSessions(supabase);
const ledger = new SupabaseLedger(supabase);
const analytics = new SupabaseAnalytics(supabase);

const completion = {
  imageUrl: 'https://example.com/x.jpg',
  inputTokens: 1,
  outputTokens: 2,
  costUsd: 0.051234,
  processingTimeMs: 3,
  completedAt: new Date('2026-11-24T00:00:00.123Z'),
};

async function sessionOf(ref: Parameters<SupabaseSessions['find']>[0]): Promise<Session> {
  const session = await sessions.find(ref);
  assert.ok(session);
  return session;
}

describe('sessions', () => {
  it('are found by id in their channel, with their owner', async () => {
    for (const customer of [await createPerson(platform), await createShopper(platform)]) {
      const tryOn = await orderTryOn(platform, customer);
      const session = await sessionOf(tryOn);
      assert.equal(session.ownerId, tryOn.ownerId);
      assert.equal(session.status, 'queued');
      assert.equal(session.requestId, tryOn.channel === 'b2b' ? tryOn.requestId : null);
      assert.equal(await sessions.find({ ...tryOn, sessionId: randomUUID() }), null);
    }
  });

  it('are completed once, by their owner only, and never after an end', async () => {
    const tryOn = await orderTryOn(platform, await createStore(platform));
    assert.equal(await sessions.complete({ ...tryOn, ownerId: randomUUID() }, completion), null);
    assert.equal(await sessions.claim({ ...tryOn, ownerId: randomUUID() }), null);
    assert.equal((await sessions.claim(tryOn))?.status, 'processing');
    assert.equal(await sessions.claim(tryOn), null);
    assert.equal((await sessions.markProcessing(tryOn))?.status, 'processing');
    assert.equal((await sessions.complete(tryOn, completion))?.status, 'completed');
    assert.equal(await sessions.complete(tryOn, completion), null);
    assert.equal(await sessions.fail(tryOn, 'text', new Date()), null);
    assert.equal(await sessions.markProcessing(tryOn), null);
    const session = await sessionOf(tryOn);
    assert.equal(session.completedAt?.getTime(), completion.completedAt.getTime());
  });

  it('are failed with the exact time, by which the writer knows them again', async () => {
    const tryOn = await orderTryOn(platform, await createPerson(platform));
    const at = new Date('2026-11-24T01:02:03.456Z');
    assert.equal((await sessions.fail(tryOn, 'text', at))?.status, 'failed');
    assert.equal(await sessions.fail(tryOn, 'text', at), null);
    const session = await sessionOf(tryOn);
    assert.equal(session.completedAt?.getTime(), at.getTime());
    assert.equal(session.errorMessage, 'text');
  });

  it('that make no sense are counted and skipped', async () => {
    const body = [{ id: '00000000-0000-4000-8000-000000000000', status: 'odd' }];
    const path = /\/generation_sessions/;
    stack.supabase.faults.add({ kind: 'status', status: 200, path, body });
    const events: WorkerEvent[] = [];
    const recorded = new SupabaseSessions(supabase, (event) => events.push(event));
    for await (const { sessionId } of recorded.unfinished(new Date())) {
      assert.notEqual(sessionId, body[0]?.id);
    }
    assert.deepEqual(events, [{ event: 'rows_unreadable', channel: 'b2c', count: 1 }]);
  });

  it('that are unfinished and old are listed over pages, of both channels', async () => {
    const person = await createPerson(platform);
    await stack.database.query(
      `insert into generation_sessions (user_id, status, model_image_url, prompt_system, created_at)
       select $1, 'queued', 'x', 'x', now() - interval '1 hour' from generate_series(1, 1100)`,
      [person.userId],
    );
    const young = await orderTryOn(platform, person);
    const found: string[] = [];
    for await (const session of sessions.unfinished(new Date(Date.now() - 60_000))) {
      if (session.ownerId === person.userId) found.push(session.sessionId);
    }
    assert.equal(new Set(found).size, 1100);
    assert.equal(found.includes(young.sessionId), false);
    await stack.database.query('delete from generation_sessions where user_id = $1', [
      person.userId,
    ]);
  });
});

describe('an API whose maximum of rows is below a page', () => {
  it('is read to the end', async () => {
    const person = await createPerson(platform);
    await stack.database.query(
      `insert into generation_sessions (user_id, status, model_image_url, prompt_system, completed_at)
       select $1, 'failed', 'x', 'x', now() from generate_series(1, 150)`,
      [person.userId],
    );
    stack.supabase.limits.maxRows = 51;
    try {
      const since = new Date(Date.now() - 60_000);
      const found = await Array.fromAsync(sessions.failedSince(since));
      assert.equal(found.filter(({ ownerId }) => ownerId === person.userId).length, 150);
    } finally {
      stack.supabase.limits.maxRows = 1000;
    }
  });
});

function refundOrder(order: Partial<RefundOrder>): RefundOrder {
  const toStore = { payer: 'store', email: null, credits: 1, requestId: randomUUID() } as const;
  return { ...toStore, ownerId: '', description: 'x', ...order };
}

describe('the ledger', () => {
  it('books a store and a shopper once per request id', async () => {
    const store = await createStore(platform);
    const shopper = await createShopper(platform);
    const [a, b] = [randomUUID(), randomUUID()];
    const toStore = refundOrder({ ownerId: store.storeId, requestId: a });
    assert.equal(await ledger.refund(toStore), 'refunded');
    assert.equal(await ledger.refund(toStore), 'already_refunded');
    const toShopper = refundOrder({
      ...{ payer: 'shopper', ownerId: shopper.storeId, email: shopper.shopperEmail },
      requestId: b,
    });
    assert.equal(await ledger.refund(toShopper), 'refunded');
    assert.equal(await ledger.refund(toShopper), 'already_refunded');
    assert.equal(await balanceOf(platform, store), 11);
    assert.equal(await balanceOf(platform, shopper), 11);
  });

  it('refuses a shopper whose balance row is gone', async () => {
    const { storeId } = await createStore(platform);
    const order = { payer: 'shopper', ownerId: storeId, email: 'nobody@example.com' } as const;
    assert.equal(await ledger.refund(refundOrder(order)), 'refused');
  });

  it('refuses what is out of range, and an id that its index cannot hold', async () => {
    const { storeId } = await createStore(platform);
    const person = await createPerson(platform);
    const absurd = { payer: 'person', ownerId: person.userId, credits: 2 ** 40 } as const;
    assert.equal(await ledger.refund(refundOrder(absurd)), 'refused');
    const requestId = randomBytes(1500).toString('hex');
    assert.equal(await ledger.refund(refundOrder({ ownerId: storeId, requestId })), 'refused');
  });

  it('holds every request id of 1,024 characters', async () => {
    const { storeId } = await createStore(platform);
    // What a header can carry at most: two bytes a character in the database.
    const letters = Array.from(randomBytes(1024), (byte) =>
      String.fromCharCode(0xc0 + (byte % 0x40)),
    );
    const requestId = letters.join('');
    assert.equal(await ledger.refund(refundOrder({ ownerId: storeId, requestId })), 'refunded');
  });

  it("has all of a person's deductions and refunds", async () => {
    const person = await createPerson(platform);
    const tryOn = await orderTryOn(platform, person);
    await ledger.refund(refundOrder({ payer: 'person', ownerId: person.userId }));
    const entries = await ledger.entries(await sessionOf(tryOn), null);
    assert.deepEqual(
      entries.map(({ type, amount }) => [type, amount]),
      [
        ['deduction', -1],
        ['refund', 1],
      ],
    );
  });

  it('is read by request ids of any spelling', async () => {
    const store = await createStore(platform);
    const requestId = 'a,b("c")%20&x=1 ü';
    const tryOn = await orderTryOn(platform, store, { requestId });
    const entries = await ledger.entries(await sessionOf(tryOn), requestId);
    assert.deepEqual(
      entries.map(({ type }) => type),
      ['deduction'],
    );
  });
});

describe('analytics', () => {
  it('has one event of a type for a session, however many replicas record it', async () => {
    for (const customer of [await createPerson(platform), await createStore(platform)]) {
      const tryOn = await orderTryOn(platform, customer);
      const session = await sessionOf(tryOn);
      const replicas = Array.from({ length: 8 }, (_, a) =>
        analytics.record(session, 'generation_completed', { a }),
      );
      await Promise.all(replicas);
      await analytics.record(session, 'credit_refunded', {});
      const events = await eventsOf(platform, tryOn);
      assert.deepEqual(events, ['generation_completed', 'credit_refunded']);
    }
  });
});
