import assert from 'node:assert/strict';
import { test } from 'node:test';
import { retryAfterMs } from './retry-after.ts';

const now = Date.parse('2026-11-24T12:00:00Z');
const read = (headers: Record<string, string>) => retryAfterMs(new Headers(headers), now);

test('Retry-After is read in seconds and as a date', () => {
  assert.equal(read({ 'retry-after': '20' }), 20_000);
  assert.equal(read({ 'retry-after': '0.5' }), 500);
  assert.equal(read({ 'retry-after': '0' }), 0);
  assert.equal(read({ 'retry-after': 'Tue, 24 Nov 2026 12:01:30 GMT' }), 90_000);
  assert.equal(read({ 'retry-after': 'Tue, 24 Nov 2026 11:00:00 GMT' }), 0);
});

test("retry-after-ms precedes Retry-After, which precedes the limit's reset", () => {
  const all = {
    'retry-after-ms': '1500',
    'retry-after': '20',
    'x-ratelimit-reset-requests': '6m0s',
  };
  assert.equal(read(all), 1_500);
  assert.equal(read({ ...all, 'retry-after-ms': 'soon' }), 20_000);
  assert.equal(read({ 'x-ratelimit-reset-requests': '6m0s' }), 360_000);
});

test('the reset of the limit is read in all its units', () => {
  const reset = (value: string) => read({ 'x-ratelimit-reset-requests': value });
  assert.equal(reset('20ms'), 20);
  assert.equal(reset('1.5s'), 1_500);
  assert.equal(reset('59m59s'), 3_599_000);
  assert.equal(reset('tomorrow'), undefined);
});

test('a negative wait and one of more than an hour are ignored', () => {
  for (const absurd of [
    '-1',
    '3601',
    '86400',
    '1e9',
    'Infinity',
    'Fri, 31 Dec 9999 23:59:59 GMT',
  ]) {
    assert.equal(read({ 'retry-after': absurd }), undefined, absurd);
    const reset = { 'x-ratelimit-reset-requests': '6m0s' };
    assert.equal(read({ 'retry-after': absurd, ...reset }), 360_000, absurd);
  }
  assert.equal(read({ 'retry-after': '3600' }), 3_600_000);
  assert.equal(read({ 'retry-after-ms': '-250' }), undefined);
  assert.equal(read({ 'x-ratelimit-reset-requests': '26h0m0s' }), undefined);
});

test('without a usable header there is no wait', () => {
  assert.equal(read({}), undefined);
  assert.equal(read({ 'retry-after': '' }), undefined);
  assert.equal(read({ 'retry-after': 'later' }), undefined);
  assert.equal(read({ 'retry-after': 'in 5' }), undefined);
});
