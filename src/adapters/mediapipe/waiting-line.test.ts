import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WaitingLine } from './waiting-line.ts';

const NEVER = new AbortController().signal;

test('as many run as there are slots, the next wait, the rest are rejected', async () => {
  const line = new WaitingLine(2, 1);
  assert.equal(await line.enter(NEVER), true);
  assert.equal(await line.enter(NEVER), true);
  const waiting = line.enter(NEVER);
  assert.equal(await line.enter(NEVER), false);
  line.leave();
  assert.equal(await waiting, true);
});

test('first come, first served', async () => {
  const line = new WaitingLine(1, 2);
  await line.enter(NEVER);
  const order: string[] = [];
  const first = line.enter(NEVER).then(() => order.push('first'));
  const second = line.enter(NEVER).then(() => order.push('second'));
  line.leave();
  await first;
  assert.deepEqual(order, ['first']);
  line.leave();
  await second;
  assert.deepEqual(order, ['first', 'second']);
});

test('a caller that gives up while waiting makes room and never runs', async () => {
  const line = new WaitingLine(1, 1);
  await line.enter(NEVER);
  const impatient = new AbortController();
  const waiting = line.enter(impatient.signal);
  impatient.abort(new Error('too long'));
  await assert.rejects(waiting, /too long/);
  const patient = line.enter(NEVER);
  line.leave();
  assert.equal(await patient, true);
});

test('a released slot is free again', async () => {
  const line = new WaitingLine(1, 0);
  assert.equal(await line.enter(NEVER), true);
  assert.equal(await line.enter(NEVER), false);
  line.leave();
  assert.equal(await line.enter(NEVER), true);
});

test('a caller that has already given up does not enter', async () => {
  await assert.rejects(new WaitingLine(1, 1).enter(AbortSignal.abort(new Error('gone'))), /gone/);
});

test('patient callers run when no one else waits, in a line of their own', async () => {
  const line = new WaitingLine(1, 1, 1);
  await line.enter(NEVER);
  const order: string[] = [];
  const patient = line.enter(NEVER, true).then(() => order.push('patient'));
  assert.equal(await line.enter(NEVER, true), false);
  const other = line.enter(NEVER).then(() => order.push('other'));
  line.leave();
  await other;
  line.leave();
  await patient;
  assert.deepEqual(order, ['other', 'patient']);
});

test('patient callers share one slot, and get more once their line is full', async () => {
  const line = new WaitingLine(3, 1, 8);
  let running = 0;
  const enter = async () => {
    await line.enter(NEVER, true);
    running += 1;
  };
  const settled = () => new Promise((resolve) => setImmediate(resolve));
  for (const [callers, expected] of [
    [1, 1],
    [8, 1],
    [1, 2],
    [1, 3],
  ] as const) {
    for (let caller = 0; caller < callers; caller += 1) void enter();
    await settled();
    assert.equal(running, expected);
  }
  for (const _ of [1, 2, 3]) {
    line.leave(true);
    running -= 1;
  }
  await settled();
  assert.equal(running, 1);
  assert.equal(await line.enter(NEVER), true);
});
