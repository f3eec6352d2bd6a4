/** Writing rows of the local PostgREST, calling functions, and keys. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, test } from 'node:test';
import { createClient } from '@supabase/supabase-js';
import { afterTests } from '../../test/support/after-tests.ts';
import { openShop } from '../../test/support/shop.ts';
import { personWith } from '../../test/support/supabase/person-with-sessions.ts';
import { createPerson, createStore } from '../platform.ts';

const { stack, platform } = afterTests.use(await openShop());
const { supabase } = platform;

describe('writing', () => {
  test('a conditional update changes and returns matching rows only', async () => {
    const { ids } = await personWith(platform, ['queued', 'failed']);
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
    const { userId, ids } = await personWith(platform, ['queued', 'failed']);
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
    const { userId } = await personWith(platform, ['queued', 'queued']);
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
    await personWith(platform, ['pending']);
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

  test('a statement may take 8 s', async () => {
    await stack.database.query(`create function statement_limit() returns text
      language sql as $$ select current_setting('statement_timeout') $$`);
    assert.equal((await supabase.rpc('statement_limit')).data, '8s');
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
