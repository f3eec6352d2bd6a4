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
import { BUCKET } from '../../local/stack.ts';
import { SupabaseAnalytics } from '../../src/adapters/supabase/analytics.ts';
import { connectSupabase } from '../../src/adapters/supabase/client.ts';
import { SupabaseImageStore } from '../../src/adapters/supabase/image-store.ts';
import { SupabaseLedger } from '../../src/adapters/supabase/ledger.ts';
import { SupabaseSessions } from '../../src/adapters/supabase/sessions.ts';
import { storageProblem } from '../../src/adapters/supabase/storage-problem.ts';
import type { WorkerEvent } from '../../src/ports/events.ts';
import type { RefundOrder } from '../../src/ports/ledger.ts';
import type { Session } from '../../src/ports/session.ts';
import { afterTests } from '../support/after-tests.ts';
import { openShop, orderTryOn, photo } from '../support/shop.ts';

const shop = afterTests.use(await openShop());
const { SUPABASE_URL = '', SUPABASE_SERVICE_ROLE_KEY = '', SUPABASE_BUCKET = '' } = shop.stack.env;
const supabase = connectSupabase(SUPABASE_URL, SUPABASE_SERVICE_ROLE_KEY);
const sessions = new SupabaseSessions(supabase);
const ledger = new SupabaseLedger(supabase);
const images = new SupabaseImageStore(supabase, SUPABASE_BUCKET, 60);
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
    for (const customer of [
      await createPerson(shop.platform),
      await createShopper(shop.platform),
    ]) {
      const tryOn = await orderTryOn(shop.platform, customer);
      const session = await sessionOf(tryOn);
      assert.equal(session.ownerId, tryOn.ownerId);
      assert.equal(session.status, 'queued');
      assert.equal(session.requestId, tryOn.channel === 'b2b' ? tryOn.requestId : null);
      assert.equal(await sessions.find({ ...tryOn, sessionId: randomUUID() }), null);
    }
  });

  it('are completed once, by their owner only, and never after an end', async () => {
    const tryOn = await orderTryOn(shop.platform, await createStore(shop.platform));
    assert.equal(await sessions.complete({ ...tryOn, ownerId: randomUUID() }, completion), null);
    assert.equal(await sessions.claim({ ...tryOn, ownerId: randomUUID() }), null);
    assert.equal((await sessions.claim(tryOn))?.status, 'processing');
    assert.equal(await sessions.claim(tryOn), null);
    assert.equal((await sessions.markProcessing(tryOn))?.status, 'processing');
    assert.equal((await sessions.complete(tryOn, completion))?.status, 'completed');
    assert.equal(await sessions.complete(tryOn, completion), null);
    assert.equal(await sessions.fail(tryOn, 'text', new Date()), false);
    assert.equal(await sessions.markProcessing(tryOn), null);
    const session = await sessionOf(tryOn);
    assert.equal(session.completedAt?.getTime(), completion.completedAt.getTime());
  });

  it('are failed with the exact time, by which the writer knows them again', async () => {
    const tryOn = await orderTryOn(shop.platform, await createPerson(shop.platform));
    const at = new Date('2026-11-24T01:02:03.456Z');
    assert.equal(await sessions.fail(tryOn, 'text', at), true);
    assert.equal(await sessions.fail(tryOn, 'text', at), false);
    const session = await sessionOf(tryOn);
    assert.equal(session.completedAt?.getTime(), at.getTime());
    assert.equal(session.errorMessage, 'text');
  });

  it('that make no sense are counted and skipped', async () => {
    const body = [{ id: '00000000-0000-4000-8000-000000000000', status: 'odd' }];
    const path = /\/generation_sessions/;
    shop.stack.supabase.faults.add({ kind: 'status', status: 200, path, body });
    const events: WorkerEvent[] = [];
    const { SUPABASE_URL = '', SUPABASE_SERVICE_ROLE_KEY = '' } = shop.stack.env;
    const supabase = connectSupabase(SUPABASE_URL, SUPABASE_SERVICE_ROLE_KEY);
    const recorded = new SupabaseSessions(supabase, (event) => events.push(event));
    for await (const { sessionId } of recorded.unfinished(new Date())) {
      assert.notEqual(sessionId, body[0]?.id);
    }
    assert.deepEqual(events, [{ event: 'rows_unreadable', channel: 'b2c', count: 1 }]);
  });

  it('that are unfinished and old are listed over pages, of both channels', async () => {
    const { database } = shop.stack;
    const person = await createPerson(shop.platform);
    await database.query(
      `insert into generation_sessions (user_id, status, model_image_url, prompt_system, created_at)
       select $1, 'queued', 'x', 'x', now() - interval '1 hour' from generate_series(1, 1100)`,
      [person.userId],
    );
    const young = await orderTryOn(shop.platform, person);
    const found: string[] = [];
    for await (const session of sessions.unfinished(new Date(Date.now() - 60_000))) {
      if (session.ownerId === person.userId) found.push(session.sessionId);
    }
    assert.equal(new Set(found).size, 1100);
    assert.equal(found.includes(young.sessionId), false);
    await database.query('delete from generation_sessions where user_id = $1', [person.userId]);
  });
});

describe('an API whose maximum of rows is below a page', () => {
  it('is read to the end', async () => {
    const { stack, platform } = shop;
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
    const store = await createStore(shop.platform);
    const shopper = await createShopper(shop.platform);
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
    assert.equal(await balanceOf(shop.platform, store), 11);
    assert.equal(await balanceOf(shop.platform, shopper), 11);
  });

  it('refuses a shopper whose balance row is gone', async () => {
    const { storeId } = await createStore(shop.platform);
    const order = { payer: 'shopper', ownerId: storeId, email: 'nobody@example.com' } as const;
    assert.equal(await ledger.refund(refundOrder(order)), 'refused');
  });

  it('refuses what is out of range, and an id that its index cannot hold', async () => {
    const { storeId } = await createStore(shop.platform);
    const person = await createPerson(shop.platform);
    const absurd = { payer: 'person', ownerId: person.userId, credits: 2 ** 40 } as const;
    assert.equal(await ledger.refund(refundOrder(absurd)), 'refused');
    const requestId = randomBytes(1500).toString('hex');
    assert.equal(await ledger.refund(refundOrder({ ownerId: storeId, requestId })), 'refused');
  });

  it('holds every request id of 1,024 characters', async () => {
    const { storeId } = await createStore(shop.platform);
    // What a header can carry at most: two bytes a character in the database.
    const letters = Array.from(randomBytes(1024), (byte) =>
      String.fromCharCode(0xc0 + (byte % 0x40)),
    );
    const requestId = letters.join('');
    assert.equal(await ledger.refund(refundOrder({ ownerId: storeId, requestId })), 'refunded');
  });

  it("has all of a person's deductions and refunds", async () => {
    const person = await createPerson(shop.platform);
    const tryOn = await orderTryOn(shop.platform, person);
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
    const store = await createStore(shop.platform);
    const requestId = 'a,b("c")%20&x=1 ü';
    const tryOn = await orderTryOn(shop.platform, store, { requestId });
    const entries = await ledger.entries(await sessionOf(tryOn), requestId);
    assert.deepEqual(
      entries.map(({ type }) => type),
      ['deduction'],
    );
  });
});

describe('the image store', () => {
  it('replaces, signs what is there, and forgets', async () => {
    const path = `generated/${randomUUID()}/${randomUUID()}.jpg`;
    assert.equal(await images.sign(path), null);
    await images.remove([path]);
    await images.put(path, await photo('#111111'));
    const bytes = await photo('#eeeeee');
    await images.put(path, bytes);
    const link = await images.sign(path);
    const answer = await fetch(link ?? '');
    assert.equal(answer.headers.get('content-type'), 'image/jpeg');
    assert.deepEqual(Buffer.from(await answer.arrayBuffer()), bytes);
    await images.remove([path]);
    assert.equal(await images.sign(path), null);
  });

  it('throws only STORAGE_UNAVAILABLE when storage answers an error', async () => {
    shop.stack.supabase.faults.add({ path: /\/object\/sign\//, kind: 'status', status: 500 });
    await assert.rejects(images.sign('generated/x/y.jpg'), { code: 'STORAGE_UNAVAILABLE' });
    shop.stack.supabase.faults.add({ path: /\/object\/sign\//, kind: 'drop' });
    await assert.rejects(images.sign('generated/x/y.jpg'), { code: 'STORAGE_UNAVAILABLE' });
  });

  const gateway404 = [
    { message: 'no Route matched with those values' },
    { message: 'Route POST:/object/sign/x not found', error: 'Not Found', statusCode: 404 },
  ];

  it("takes a gateway's 404 for an outage, not for a missing picture", async () => {
    for (const body of gateway404) {
      shop.stack.supabase.faults.add({
        path: /\/object\/sign\//,
        kind: 'status',
        status: 404,
        body,
      });
      await assert.rejects(images.sign('generated/x/y.jpg'), { code: 'STORAGE_UNAVAILABLE' });
    }
  });

  it('signs names with spaces', async () => {
    const path = `uploads/model-${randomUUID()}.my photo`;
    await images.put(path, await photo());
    assert.equal((await fetch((await images.sign(path)) ?? '')).status, 200);
  });

  const duplicate = {
    statusCode: '409',
    error: 'Duplicate',
    message: 'exists',
    code: 'KeyAlreadyExists',
  };

  it('counts an upload whose answer was lost when the bytes are there', async () => {
    const path = `generated/${randomUUID()}/x.jpg`;
    const upload = { method: 'POST', path: /\/object\/virtual/ };
    const lost = [
      { ...upload, kind: 'drop-after' },
      { ...upload, kind: 'status-after', status: 400, body: duplicate },
    ] as const;
    for (const fault of lost) {
      shop.stack.supabase.faults.add(fault);
      await images.put(path, await photo('#223344'));
    }
  });

  it('does not take another picture at the path for its own', async () => {
    const path = `generated/${randomUUID()}/x.jpg`;
    await images.put(path, await photo('#223344'));
    const upload = { method: 'POST', path: /\/object\/virtual/ };
    const refusals = [
      { status: 400, body: duplicate },
      { status: 500, body: { statusCode: '500', error: 'Internal', message: 'ENOSPC' } },
    ];
    for (const refusal of refusals) {
      shop.stack.supabase.faults.add({ ...upload, kind: 'status', ...refusal });
      await assert.rejects(images.put(path, await photo('#998877')), {
        code: 'STORAGE_UNAVAILABLE',
      });
    }
  });
});

it('what keeps pictures from being stored is named', async () => {
  const { stack } = shop;
  const { SUPABASE_URL = '', SUPABASE_SERVICE_ROLE_KEY: key = '' } = stack.env;
  const problem = (bucket = BUCKET, serviceKey = key) =>
    storageProblem(connectSupabase(SUPABASE_URL, serviceKey), { key: serviceKey, bucket });
  /** The problem while a column of the bucket has another value. */
  const problemWith = async (column: string, value: unknown) => {
    const set = `update storage.buckets old set ${column} = $1 from storage.buckets before
      where old.id = before.id and old.id = $2 returning before.${column} as before`;
    const [row] = (await stack.database.query(set, [value, BUCKET])).rows;
    return problem().finally(() => stack.database.query(set, [row.before, BUCKET]));
  };
  assert.equal(await problem(), null);
  assert.match((await problem('images')) ?? '', /no bucket "images"/);
  assert.match((await problem(BUCKET, 'wrong')) ?? '', /refuses SUPABASE_SERVICE_ROLE_KEY/);
  assert.match((await problemWith('file_size_limit', 1000)) ?? '', /at most 1000 bytes/);
  assert.match((await problemWith('allowed_mime_types', ['image/png'])) ?? '', /no image\/jpeg/);
  assert.equal(await problem(), null);
});

describe('analytics', () => {
  it('has one event of a type for a session, however many replicas record it', async () => {
    for (const customer of [await createPerson(shop.platform), await createStore(shop.platform)]) {
      const tryOn = await orderTryOn(shop.platform, customer);
      const session = await sessionOf(tryOn);
      const replicas = Array.from({ length: 8 }, (_, a) =>
        analytics.record(session, 'generation_completed', { a }),
      );
      await Promise.all(replicas);
      await analytics.record(session, 'credit_refunded', {});
      const events = await eventsOf(shop.platform, tryOn);
      assert.deepEqual(events, ['generation_completed', 'credit_refunded']);
    }
  });
});
