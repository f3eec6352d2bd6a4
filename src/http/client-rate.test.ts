import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ClientRate } from './client-rate.ts';

test('without a limit everything passes', () => {
  const rate = new ClientRate(0);
  for (let i = 0; i < 1000; i += 1) assert.equal(rate.refuse('a', 0), null);
});

test('a client has its minute at once, then one by one as time passes', () => {
  const rate = new ClientRate(2);
  assert.equal(rate.refuse('a', 0), null);
  assert.equal(rate.refuse('a', 0), null);
  assert.equal(rate.refuse('a', 0), 30);
  assert.equal(rate.refuse('a', 29_000), 1);
  assert.equal(rate.refuse('a', 30_000), null);
  assert.equal(rate.refuse('a', 30_000), 30);
});

test("clients do not spend each other's share", () => {
  const rate = new ClientRate(1);
  assert.equal(rate.refuse('a', 0), null);
  assert.equal(rate.refuse('b', 0), null);
  assert.equal(rate.refuse('a', 0), 60);
});

test('no number of clients makes it grow without end, and the busy ones stay known', () => {
  const rate = new ClientRate(1);
  rate.refuse('first', 0);
  for (let i = 0; i < 10_000; i += 1) rate.refuse(`client ${i}`, 0);
  assert.equal(rate.refuse('client 9999', 0), 60);
  assert.equal(rate.refuse('first', 0), null);
});
