/** A client that guesses tokens is rate-limited; others are not. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { WrongTokens } from './wrong-tokens.ts';

it('an address waits after ten wrong tokens within a minute, others do not', () => {
  const wrong = new WrongTokens();
  for (let n = 0; n < 9; n += 1) wrong.add('a', 1000);
  assert.equal(wrong.waitSeconds('a', 1000), 0);
  wrong.add('a', 31_000);
  assert.equal(wrong.waitSeconds('a', 31_000), 30);
  assert.equal(wrong.waitSeconds('b', 31_000), 0);
  assert.equal(wrong.waitSeconds('a', 61_000), 0);
  wrong.add('a', 61_000);
  assert.equal(wrong.waitSeconds('a', 61_000), 0);
});

it('addresses are forgotten, the oldest first, when there are too many', () => {
  const wrong = new WrongTokens();
  for (let n = 0; n < 10; n += 1) wrong.add('first', 0);
  for (let n = 1; n < 1000; n += 1) wrong.add(`address ${n}`, 0);
  assert.equal(wrong.waitSeconds('first', 0), 60);
  wrong.add('one more', 0);
  assert.equal(wrong.waitSeconds('first', 0), 0);
});
