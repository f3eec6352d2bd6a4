/** Rows that a person may edit must not hide those of the others from the operator. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createPerson } from '../../local/platform.ts';
import { afterTests } from '../support/after-tests.ts';
import { wearonWith } from '../support/cli.ts';
import { openShop } from '../support/shop.ts';
import { minutesPass, refund, tryOnThat } from './books.ts';

const shop = afterTests.use(await openShop());
const { platform, stack } = shop;
const run = wearonWith(stack.env);

/** As its owner may. */
async function edit(sessionId: string, assignments: string): Promise<void> {
  await stack.database.query(`update generation_sessions set ${assignments} where id = $1`, [
    sessionId,
  ]);
}

it('a row with odd numbers and dates hides nothing from the operator', async () => {
  const person = await createPerson(platform);
  const honest = await tryOnThat(shop, 'completed', await createPerson(platform));
  const odd = await tryOnThat(shop, 'completed', person);
  const undated = await tryOnThat(shop, 'failed', person);
  await refund(shop, undated);
  await minutesPass(shop, 5);
  await edit(odd.sessionId, `estimated_cost_usd = 'NaN', completed_at = 'infinity'`);
  await edit(undated.sessionId, `created_at = '-infinity'`);

  const list = await run('sessions', 'list', '--json');
  assert.ok(JSON.stringify(list.json).includes(honest.sessionId), list.stderr);
  const costs = await run('costs', '--json');
  assert.equal(costs.json.total?.completed, 2, costs.stderr);
  const story = await run('sessions', 'show', odd.sessionId, '--json');
  assert.equal(story.json.row?.estimated_cost_usd, null, story.stderr);
  const books = await run('ledger', 'verify', '--json');
  assert.equal(books.json.sessions, 2, books.stderr);
});
