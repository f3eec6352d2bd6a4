import assert from 'node:assert/strict';
import { once } from 'node:events';
import { it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startCountdown } from './countdown.ts';

it('a countdown aborts its signal when the time is up', async () => {
  using countdown = startCountdown(5);
  await once(countdown.signal, 'abort');
  assert.ok(countdown.leftMs < 1);
});

it('a countdown stands still until the last of its pauses ends', async () => {
  using countdown = startCountdown(20);
  const [one, other] = [countdown.pause(), countdown.pause()];
  const leftMs = countdown.leftMs;
  one[Symbol.dispose]();
  await sleep(40);
  assert.equal(countdown.leftMs, leftMs);
  assert.equal(countdown.signal.aborted, false);
  other[Symbol.dispose]();
  await once(countdown.signal, 'abort');
});

it('a pause that ends after its countdown aborts nothing', async () => {
  const countdown = startCountdown(5);
  const pause = countdown.pause();
  countdown[Symbol.dispose]();
  pause[Symbol.dispose]();
  await sleep(20);
  assert.equal(countdown.signal.aborted, false);
});
