import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, test } from 'node:test';
import { createClient } from '@supabase/supabase-js';
import { afterTests } from '../../test/support/after-tests.ts';
import { openShop } from '../../test/support/shop.ts';
import { createPerson, createStore } from '../platform.ts';

const { stack, platform } = afterTests.use(await openShop());
const { supabase } = platform;

/** A person with sessions of these statuses, oldest first. */
async function personWith(statuses: string[]): Promise<{ userId: string; ids: string[] }> {
  const { userId } = await createPerson(platform);
  const rows = statuses.map((status, index) => ({
    user_id: userId,
    status,
    model_image_url: `https://photos.test/${index}, (front).jpg`,
    prompt_system: 'p',
    created_at: new Date(Date.UTC(2026, 0, 1, 0, index)).toISOString(),
  }));
  const { data, error } = await supabase.from('generation_sessions').insert(rows).select('id');
  assert.equal(error, null);
  return { userId, ids: (data ?? []).map(({ id }) => String(id)) };
}

describe('reading', () => {
  test('single gives the row, and 406 PGRST116 where there is none or several', async () => {
    const { userId, ids } = await personWith(['queued', 'failed']);
    const sessions = () => supabase.from('generation_sessions').select('id,status');
    const one = await sessions()
      .eq('id', ids[0] ?? '')
      .single();
    assert.deepEqual(one.data, { id: ids[0], status: 'queued' });
    const none = await sessions().eq('id', randomUUID()).single();
    assert.equal(none.status, 406);
    assert.equal(none.error?.code, 'PGRST116');
    assert.equal(none.error?.details, 'The result contains 0 rows');
    const two = await sessions().eq('user_id', userId).single();
    assert.equal(two.error?.details, 'The result contains 2 rows');
  });

  test('maybeSingle gives null where there is no row', async () => {
    const query = supabase.from('generation_sessions').select('*').eq('id', randomUUID());
    const { data, error } = await query.maybeSingle();
    assert.equal(error, null);
    assert.equal(data, null);
  });

  test('rows look as PostgREST writes them', async () => {
    const { ids } = await personWith(['completed']);
    const change = { estimated_cost_usd: 0.0451, completed_at: '2026-01-01T10:00:00.120Z' };
    const changed = supabase
      .from('generation_sessions')
      .update(change)
      .eq('id', ids[0] ?? '');
    const { data } = await changed.select('estimated_cost_usd,completed_at,accessories').single();
    assert.deepEqual(data, {
      estimated_cost_usd: 0.0451,
      completed_at: '2026-01-01T10:00:00.12+00:00',
      accessories: [],
    });
  });

  test('filters choose the rows that they name', async () => {
    const statuses = ['queued', 'processing', 'completed', 'failed'];
    const { userId, ids } = await personWith(statuses);
    const sessions = () =>
      supabase
        .from('generation_sessions')
        .select('status')
        .eq('user_id', userId)
        .order('created_at');
    const late = new Date(Date.UTC(2026, 0, 1, 0, 2)).toISOString();
    const cases: [string, PromiseLike<{ data: { status: string }[] | null }>, string[]][] = [
      ['in', sessions().in('status', ['queued', 'failed']), ['queued', 'failed']],
      [
        'in quotes',
        sessions().in('model_image_url', ['https://photos.test/1, (front).jpg']),
        ['processing'],
      ],
      ['in nothing', sessions().in('status', []), []],
      ['neq', sessions().neq('status', 'queued'), ['processing', 'completed', 'failed']],
      ['lt', sessions().lt('created_at', late), ['queued', 'processing']],
      ['lte', sessions().lte('created_at', late), ['queued', 'processing', 'completed']],
      ['gt', sessions().gt('created_at', late), ['failed']],
      ['gte', sessions().gte('created_at', late), ['completed', 'failed']],
      ['is null', sessions().is('completed_at', null), statuses],
      ['not is null', sessions().not('completed_at', 'is', null), []],
      ['not in', sessions().not('status', 'in', '(queued,failed)'), ['processing', 'completed']],
      ['like', sessions().like('status', '%e%ed'), ['queued', 'completed']],
      ['ilike', sessions().ilike('status', 'QUE%'), ['queued']],
      [
        'or',
        sessions().or('status.eq.queued,and(status.eq.failed,completed_at.is.null)'),
        ['queued', 'failed'],
      ],
      [
        'or in',
        sessions().or(`id.in.(${ids[0]},${ids[1]}),status.eq.failed`),
        ['queued', 'processing', 'failed'],
      ],
      [
        'or quotes',
        sessions().or('model_image_url.eq."https://photos.test/2, (front).jpg"'),
        ['completed'],
      ],
    ];
    for (const [name, query, expected] of cases) {
      assert.deepEqual(
        (await query).data?.map(({ status }) => status),
        expected,
        name,
      );
    }
  });

  test('JSON paths can be filtered and selected', async () => {
    const { userId } = await createPerson(platform);
    const event = { event_type: 'generation_completed', user_id: userId };
    const events = supabase.from('analytics_events');
    await events.insert([1, 2].map((n) => ({ ...event, metadata: { session_id: `s${n}`, n } })));
    const byPath = events.select('kind:event_type,metadata->>session_id').eq('user_id', userId);
    assert.deepEqual((await byPath.eq('metadata->>session_id', 's2')).data, [
      { kind: 'generation_completed', session_id: 's2' },
    ]);
    const containing = events.select('metadata->n').eq('user_id', userId);
    assert.deepEqual((await containing.contains('metadata', { session_id: 's1' })).data, [
      { n: 1 },
    ]);
  });

  test('order, limit and range page through the rows', async () => {
    const { userId, ids } = await personWith(['queued', 'queued', 'queued', 'queued']);
    const sessions = supabase.from('generation_sessions').select('id').eq('user_id', userId);
    const page = await sessions.order('created_at', { ascending: false }).range(1, 2);
    assert.deepEqual(
      page.data?.map(({ id }) => id),
      [ids[2], ids[1]],
    );
  });

  test('a HEAD with count tells how many rows there are', async () => {
    const { userId } = await personWith(['queued', 'queued', 'failed']);
    const head = { count: 'exact', head: true } as const;
    const sessions = supabase.from('generation_sessions').select('*', head).eq('user_id', userId);
    assert.equal((await sessions.limit(2)).count, 3);
    assert.equal((await sessions.eq('status', 'completed')).count, 0);
  });

  test('a response has at most 1000 rows', async () => {
    const { userId } = await createPerson(platform);
    await stack.database.query(
      `insert into credit_transactions (user_id, amount, type)
       select $1, 1, 'refund' from generate_series(1, 1100)`,
      [userId],
    );
    const rows = supabase.from('credit_transactions').select('id').eq('user_id', userId);
    assert.equal((await rows.limit(5000)).data?.length, 1000);
  });

  test('unknown tables and columns are refused with their codes', async () => {
    const { error: noTable, status } = await supabase.from('nothing').select('*');
    assert.equal(status, 404);
    assert.equal(noTable?.code, 'PGRST205');
    const { error: noColumn } = await supabase
      .from('store_generation_sessions')
      .select('id')
      .eq('metadata', 'x');
    assert.equal(noColumn?.code, '42703');
    assert.match(
      noColumn?.message ?? '',
      /column store_generation_sessions.metadata does not exist/,
    );
    const { error: noUuid } = await supabase.from('stores').select('id').eq('id', 'x');
    assert.equal(noUuid?.code, '22P02');
  });
});

describe('writing', () => {
  test('a conditional update changes and returns matching rows only', async () => {
    const { ids } = await personWith(['queued', 'failed']);
    const claim = (id = '') =>
      supabase
        .from('generation_sessions')
        .update({ status: 'processing' })
        .eq('id', id)
        .in('status', ['queued', 'processing']);
    const plain = await claim(ids[0]);
    assert.equal(plain.status, 204);
    assert.equal(plain.data, null);
    const won = await claim(ids[0]).select('id,status');
    assert.equal(won.status, 200);
    assert.deepEqual(won.data, [{ id: ids[0], status: 'processing' }]);
    assert.deepEqual((await claim(ids[1]).select('id')).data, []);
  });

  test('an insert returns 201, a duplicate 409 with 23505', async () => {
    const row = { id: randomUUID(), shop_domain: `${randomUUID()}.test` };
    const inserted = await supabase.from('stores').insert(row);
    assert.equal(inserted.status, 201);
    const again = await supabase.from('stores').insert(row);
    assert.equal(again.status, 409);
    assert.equal(again.error?.code, '23505');
  });

  test('an upsert replaces the row with the same key', async () => {
    const { storeId } = await createStore(platform);
    const row = { store_id: storeId, shopper_email: 'a@shop.test' };
    const upsert = (balance: number) =>
      supabase
        .from('store_shopper_credits')
        .upsert({ ...row, balance }, { onConflict: 'store_id,shopper_email' })
        .select('balance');
    assert.deepEqual((await upsert(3)).data, [{ balance: 3 }]);
    assert.deepEqual((await upsert(5)).data, [{ balance: 5 }]);
    const ignored = await supabase
      .from('store_shopper_credits')
      .upsert(
        { ...row, balance: 9 },
        { onConflict: 'store_id,shopper_email', ignoreDuplicates: true },
      )
      .select('balance');
    assert.deepEqual(ignored.data, []);
    assert.equal(ignored.status, 200);
  });

  test('a delete removes matching rows', async () => {
    const { userId, ids } = await personWith(['queued', 'failed']);
    const sessions = supabase.from('generation_sessions');
    const gone = await sessions.delete().eq('user_id', userId).eq('status', 'failed').select('id');
    assert.deepEqual(gone.data, [{ id: ids[1] }]);
    assert.equal((await sessions.delete().eq('id', ids[0] ?? '')).status, 204);
  });

  test('a column that does not exist is refused and nothing is written', async () => {
    const { storeId } = await createStore(platform);
    const metadata = { status: 'changed', metadata: {} };
    const update = await supabase.from('stores').update(metadata).eq('id', storeId);
    assert.equal(update.status, 400);
    assert.equal(update.error?.code, 'PGRST204');
    const { data } = await supabase.from('stores').select('status').eq('id', storeId).single();
    assert.equal(data?.status, 'active');
  });

  test('a single-row request that matches none or several is rolled back', async () => {
    const { userId } = await personWith(['queued', 'queued']);
    const sessions = supabase.from('generation_sessions');
    const update = sessions.update({ status: 'failed' }).eq('user_id', userId).select().single();
    assert.equal((await update).error?.code, 'PGRST116');
    const failed = await sessions.select('id').eq('user_id', userId).eq('status', 'failed');
    assert.deepEqual(failed.data, []);
  });

  test('pending is a status of people only, and no balance falls below zero', async () => {
    const { storeId } = await createStore(platform);
    const pending = {
      store_id: storeId,
      status: 'pending',
      model_image_url: 'u',
      prompt_system: 'p',
    };
    const session = await supabase.from('store_generation_sessions').insert(pending);
    assert.equal(session.error?.code, '23514');
    const balance = supabase.from('store_credits').update({ balance: -1 }).eq('store_id', storeId);
    assert.equal((await balance).error?.code, '23514');
    await personWith(['pending']);
  });
});

describe('calls and keys', () => {
  test('an unknown function or argument name is 404 PGRST202', async () => {
    const refund = await supabase.rpc('refund_credits', { p_store_id: randomUUID(), p_amount: 1 });
    assert.equal(refund.status, 404);
    assert.equal(refund.error?.code, 'PGRST202');
    assert.match(refund.error?.message ?? '', /public.refund_credits\(p_amount, p_store_id\)/);
    assert.equal((await supabase.rpc('nothing')).error?.code, 'PGRST202');
  });

  test('a function that raises is 400 P0001 with its message', async () => {
    const args = { p_user_id: randomUUID(), p_amount: 1 };
    const { status, error } = await supabase.rpc('deduct_credits', args);
    assert.equal(status, 400);
    assert.equal(error?.code, 'P0001');
    assert.equal(error?.message, 'User credits not found');
  });

  test('without the service role key nothing is answered', async () => {
    const stranger = createClient(stack.supabase.url, 'another-key');
    const { status, error } = await stranger.from('stores').select('*');
    assert.equal(status, 401);
    assert.equal(error?.message, 'Invalid API key');
  });

  test('requests are logged without tokens', async () => {
    const { userId } = await createPerson(platform);
    await supabase.from('user_credits').select('balance').eq('user_id', userId);
    assert.deepEqual(stack.supabase.requests.at(-1), {
      method: 'GET',
      path: `/rest/v1/user_credits?select=balance&user_id=eq.${userId}`,
      status: 200,
    });
  });

  test('an update whose answer is lost has happened all the same', async () => {
    const { storeId } = await createStore(platform);
    stack.supabase.faults.add({ kind: 'drop-after', method: 'PATCH', path: /\/stores\?/ });
    const update = supabase.from('stores').update({ status: 'inactive' }).eq('id', storeId);
    assert.equal((await update).status, 0);
    const { data } = await supabase.from('stores').select('status').eq('id', storeId).single();
    assert.equal(data?.status, 'inactive');
  });
});
