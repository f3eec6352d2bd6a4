/** `wearon costs` over rows of both channels, of two days, and of more than one page. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { createPerson, createStore } from '../../local/platform.ts';
import { publicText } from '../../src/errors.ts';
import { failureText } from '../../src/failure-text.ts';
import { wearon } from '../support/cli.ts';
import { openShop, type Shop } from '../support/shop.ts';

const DAY = ['2026-03-01', '2026-03-02'] as const;
const WINDOW = ['--since', '2026-03-01T00:00:00Z', '--until', '2026-03-03T00:00:00Z'];
/** One page of rows and one row more. */
const MANY = 501;

let shop: Shop;
let storeId: string;

before(async () => {
  shop = await openShop();
  ({ storeId } = await createStore(shop.platform));
  const { userId } = await createPerson(shop.platform);
  const blocked = failureText(publicText('MODERATION_BLOCKED', null), 'returned');
  const row = (day: string, status: string, cost: number | null, error: string | null = null) => ({
    created_at: `${day}T12:00:00Z`,
    status,
    estimated_cost_usd: cost,
    error_message: error,
    model_image_url: 'https://photos.test/model.jpg',
    prompt_system: 'x',
    credits_used: 1,
  });
  const { supabase } = shop.platform;
  const ofStore = [
    ...Array.from({ length: MANY }, () => row(DAY[0], 'completed', 0.05)),
    row(DAY[0], 'failed', null, blocked),
    row(DAY[1], 'failed', null, failureText(publicText('GENERATION_FAILED', null), 'returned')),
    row(DAY[1], 'completed', null),
    row('2026-03-03', 'completed', 99),
  ].map((session) => ({ ...session, store_id: storeId, request_id: randomUUID() }));
  const inserted = await supabase.from('store_generation_sessions').insert(ofStore);
  assert.equal(inserted.error, null);
  const person = { ...row(DAY[1], 'completed', 0.1), user_id: userId };
  assert.equal((await supabase.from('generation_sessions').insert(person)).error, null);
  const event = (provider: object) => ({
    event_type: 'generation_completed',
    store_id: storeId,
    created_at: `${DAY[0]}T12:00:00Z`,
    metadata: { session_id: randomUUID(), estimated_cost_usd: 0.02, ...provider },
  });
  const events = [event({}), event({ provider: 'replicate' })];
  assert.equal((await supabase.from('store_analytics_events').insert(events)).error, null);
});

after(() => shop?.[Symbol.asyncDispose]());

const costs = (...args: readonly string[]) => wearon(shop.stack.env, ['costs', ...WINDOW, ...args]);

describe('costs', () => {
  it('sums up every row of a day, over pages and channels', async () => {
    const { json, code } = await costs('--by', 'day', '--json');
    assert.equal(code, 0);
    const [first, second] = json.groups;
    assert.deepEqual([first.key, second.key], [...DAY]);
    const { tryOns, completed, failed, moderationBlocks, costUsd } = first;
    assert.deepEqual([tryOns, completed, failed, moderationBlocks], [MANY + 1, MANY, 1, 1]);
    assert.equal(costUsd.toFixed(2), (MANY * 0.05).toFixed(2));
    assert.deepEqual(
      [second.tryOns, second.completed, second.failed, second.moderationBlocks, second.unpriced],
      [3, 2, 1, 0, 1],
    );
    assert.equal(json.total.tryOns, MANY + 4);
  });

  it('counts each store apart and all people together', async () => {
    const { stdout } = await costs('--by', 'store');
    assert.match(
      stdout,
      new RegExp(`^${storeId} +504 +502 +2 +99.6 % +1 +\\$25.05 \\+ 1 unknown`, 'm'),
    );
    assert.match(stdout, /^people \(b2c\) +1 +1 +0 +100.0 % +0 +\$0.10 +\$0.1000$/m);
  });

  it('names the provider of each picture, the first one where none is named', async () => {
    const { stdout } = await costs('--by', 'provider', '--csv');
    const lines = stdout.trimEnd().split('\n').slice(1);
    assert.deepEqual(lines, ['openai,1,1,0,0,0.020000,0', 'replicate,1,1,0,0,0.020000,0']);
  });

  it('shows pictures of a provider, and no share of success', async () => {
    const { stdout } = await costs('--by', 'provider');
    assert.match(stdout, /^provider +pictures +cost +each$/m);
    assert.match(stdout, /^replicate +1 +\$0.02 +\$0.0200$/m);
  });

  it('refuses an unknown grouping', async () => {
    const { code, stderr } = await costs('--by', 'moon');
    assert.equal(code, 2);
    assert.match(stderr, /--by must be one of provider, store, day, store-day/);
  });
});
