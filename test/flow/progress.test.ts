/**
 * How a screen follows a try-on: the client's `watchTryOn` over the platform's own client, against
 * the local stack's Realtime and database.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createClient, type SupabaseClient } from '@supabase/supabase-js';
import { createPerson, createStore, type TryOn } from '../../local/platform.ts';
import { type TryOnState, watchTryOn } from '../../packages/client/src/index.ts';
import { afterTests } from '../support/after-tests.ts';
import { openShop, orderTryOn, push } from '../support/shop.ts';
import { startWorkerProcess } from '../support/worker-process.ts';

const NEVER_MS = 2 ** 31 - 1;

const shop = afterTests.use(await openShop());
const { env } = shop.stack;
const _worker = afterTests.use(await startWorkerProcess(env));

/**
 * A client that keeps no timer once it watches nothing. Each test has its own: a watch that begins
 * while the socket closes after an earlier one joins a channel that never opens.
 */
function connect(params: Record<string, string> = {}): SupabaseClient {
  return createClient(env.SUPABASE_URL ?? '', env.SUPABASE_SERVICE_ROLE_KEY ?? '', {
    realtime: { disconnectOnEmptyChannelsAfterMs: 0, params },
  });
}

/**
 * Pushes the task once the watch has seen the queued row, and returns every state up to the end. The
 * picture waits until the watch has seen the attempt: Realtime announces rows, not each of their changes.
 */
async function watchToTheEnd(
  client: SupabaseClient,
  tryOn: TryOn,
  table: 'generation_sessions' | 'store_generation_sessions',
  pollEveryMs: number,
): Promise<TryOnState[]> {
  const states: TryOnState[] = [];
  const ended = Promise.withResolvers<void>();
  const picture = shop.stack.openai.faults.add({ method: 'POST', kind: 'hold' });
  const stop = watchTryOn(client, {
    table,
    sessionId: tryOn.sessionId,
    pollEveryMs,
    onChange: (state) => {
      states.push(state);
      if (states.length === 1) void push(shop.platform, tryOn);
      else picture.release();
      if (state.status === 'completed' || state.status === 'failed') ended.resolve();
    },
  });
  await ended.promise.finally(stop);
  return states;
}

describe('a try-on is followed', () => {
  it('by Realtime alone, and completed comes with its link', async () => {
    const tryOn = await orderTryOn(shop.platform, await createPerson(shop.platform));
    const states = await watchToTheEnd(connect(), tryOn, 'generation_sessions', NEVER_MS);
    assert.deepEqual(
      states.map(({ status }) => status),
      ['queued', 'processing', 'completed'],
    );
    assert.equal(states[1]?.generated_image_url, null);
    const picture = await fetch(states[2]?.generated_image_url ?? '');
    assert.equal((await picture.blob()).type, 'image/jpeg');
  });

  it('from the status that older rows begin with', async () => {
    const tryOn = await orderTryOn(shop.platform, await createPerson(shop.platform));
    const pending = "update generation_sessions set status = 'pending' where id = $1";
    await shop.stack.database.query(pending, [tryOn.sessionId]);
    const states = await watchToTheEnd(connect(), tryOn, 'generation_sessions', NEVER_MS);
    const expected: TryOnState['status'][] = ['pending', 'processing', 'completed'];
    assert.deepEqual(
      states.map(({ status }) => status),
      expected,
    );
  });

  it('by Realtime to a failure, with the text for the shopper', async () => {
    const tryOn = await orderTryOn(shop.platform, await createStore(shop.platform), {
      imageUrls: [`${shop.stack.env.SUPABASE_URL}/no-such-photo.jpg`],
    });
    const states = await watchToTheEnd(connect(), tryOn, 'store_generation_sessions', NEVER_MS);
    assert.equal(states.at(-1)?.status, 'failed');
    assert.ok(states.at(-1)?.error_message);
  });

  it('by two watches of one session on one client', async () => {
    const tryOn = await orderTryOn(shop.platform, await createPerson(shop.platform));
    const client = connect();
    const [first, second] = await Promise.all([
      watchToTheEnd(client, tryOn, 'generation_sessions', NEVER_MS),
      watchToTheEnd(client, tryOn, 'generation_sessions', NEVER_MS),
    ]);
    assert.equal(first.at(-1)?.status, 'completed');
    assert.deepEqual(second.at(-1), first.at(-1));
  });

  it('by polling where Realtime does not answer', async () => {
    const client = connect({ apikey: 'wrong' });
    const tryOn = await orderTryOn(shop.platform, await createPerson(shop.platform));
    const states = await watchToTheEnd(client, tryOn, 'generation_sessions', 50);
    assert.equal(client.realtime.isConnected(), false);
    await client.realtime.disconnect();
    assert.equal(states.at(-1)?.status, 'completed');
  });
});
