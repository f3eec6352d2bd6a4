/**
 * The short form of `npm run test:crash`: every protection at once, under kills and troubles that
 * chance chooses. A failure's message has the seed that repeats it.
 */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { runBurst } from '../burst/burst.ts';

const KILLS = 12;

it('a burst of mixed orders under random kills and outages ends with every session and credit in place', async () => {
  const seed = Math.floor(Date.now() / 86_400_000);
  const result = await runBurst({ kills: KILLS, seed });
  assert.deepEqual(result.violations, [], `seed ${seed}`);
  assert.equal(result.completed + result.failed, result.orders);
  assert.ok(result.completed > 0 && result.refunded > 0);
  assert.ok(result.orphanMs.every(Number.isFinite), 'an attempt that was cut off went on');
});
