import assert from 'node:assert/strict';
import { it } from 'node:test';
import { cleanUpMsLeft } from './platform-clean-up.ts';

const at = (time: string) => Date.parse(`2026-01-02T${time}Z`);

it('the clean-up lasts from 2 minutes before its start to 15 after', () => {
  assert.equal(cleanUpMsLeft(0, at('23:57:59')), 0);
  assert.equal(cleanUpMsLeft(0, at('23:58:00')), 17 * 60_000);
  assert.equal(cleanUpMsLeft(0, at('00:14:59')), 1000);
  assert.equal(cleanUpMsLeft(0, at('00:15:00')), 0);
});

it('the clean-up may start at any time of day', () => {
  assert.equal(cleanUpMsLeft(13 * 60 + 30, at('13:28:00')), 17 * 60_000);
  assert.equal(cleanUpMsLeft(13 * 60 + 30, at('00:00:00')), 0);
  assert.equal(cleanUpMsLeft(1, at('23:59:30')), 16.5 * 60_000);
});
