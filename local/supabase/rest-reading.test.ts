/** Reading rows of the local PostgREST, as supabase-js does it. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, test } from 'node:test';
import { afterTests } from '../../test/support/after-tests.ts';
import { openShop } from '../../test/support/shop.ts';
import { personWith } from '../../test/support/supabase/person-with-sessions.ts';
import { createPerson } from '../platform.ts';

const { stack, platform } = afterTests.use(await openShop());
const { supabase } = platform;

describe('reading', () => {
  test('single gives the row, and 406 PGRST116 where there is none or several', async () => {
    const { userId, ids } = await personWith(platform, ['queued', 'failed']);
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
    const { ids } = await personWith(platform, ['completed']);
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
    const { userId, ids } = await personWith(platform, statuses);
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
    const { userId, ids } = await personWith(platform, ['queued', 'queued', 'queued', 'queued']);
    const sessions = supabase.from('generation_sessions').select('id').eq('user_id', userId);
    const page = await sessions.order('created_at', { ascending: false }).range(1, 2);
    assert.deepEqual(
      page.data?.map(({ id }) => id),
      [ids[2], ids[1]],
    );
  });

  test('a HEAD with count returns the number of rows', async () => {
    const { userId } = await personWith(platform, ['queued', 'queued', 'failed']);
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
