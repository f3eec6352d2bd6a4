/**
 * The short form of `npm run test:crash`: every protection at once, under kills and troubles that
 * chance chooses.
 */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { runBurst } from '../burst/burst.ts';

const KILLS = 12;
const SEED = 12;

it('a burst under random kills and outages loses no session or credit', async () => {
  const result = await runBurst({ kills: KILLS, seed: SEED });
  assert.deepEqual(result.violations, []);
  assert.equal(result.completed + result.failed, result.orders);
  assert.ok(result.completed > 0 && result.refunded > 0);
});
