import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate as immediate } from 'node:timers/promises';
import { TaskError } from '../errors.ts';
import { attemptsFor, type CallSlot, CallSlots, waitForSlot } from './call-slots.ts';
import { StoppingError } from './outcome.ts';

const never = new AbortController().signal;
const free = (slot: CallSlot | undefined) => slot?.[Symbol.dispose]();

/** Takes a slot for each owner; `got` has the slots in the order in which they were given. */
function takeAll(slots: CallSlots, owners: readonly string[]) {
  const got: { owner: string; slot: CallSlot }[] = [];
  for (const owner of owners) {
    void slots.take(owner, never).then((slot) => got.push({ owner, slot }));
  }
  return got;
}

describe('CallSlots', () => {
  it('gives no more slots than its limit', async () => {
    const slots = new CallSlots(2);
    const got = takeAll(slots, ['a', 'b', 'c']);
    await immediate();
    assert.equal(got.length, 2);
    assert.equal(slots.takeFree('d'), null);
    free(got[0]?.slot);
    free(got[0]?.slot);
    await immediate();
    assert.deepEqual([got.length, slots.taken], [3, 2]);
  });

  it('gives the next slot to the owner that holds the fewest', async () => {
    const slots = new CallSlots(3);
    const got = takeAll(slots, ['hog', 'hog', 'hog', 'hog', 'hog', 'one', 'other']);
    await immediate();
    for (const at of [0, 1, 2]) {
      free(got[at]?.slot);
      await immediate();
    }
    assert.deepEqual(
      got.slice(3).map(({ owner }) => owner),
      ['one', 'other', 'hog'],
    );
  });

  it('holds calls under way beyond its limit, and then gives none', async () => {
    const slots = new CallSlots(1);
    const held = [slots.hold('a'), slots.hold('b')];
    assert.equal(slots.taken, 2);
    free(held[0]);
    assert.equal(slots.takeFree('c'), null);
    free(held[1]);
    assert.notEqual(slots.takeFree('c'), null);
  });

  it('forgets a caller that stops waiting, also when its slot becomes free', async () => {
    const slots = new CallSlots(1);
    const held = slots.takeFree('a');
    const [early, late] = [new AbortController(), new AbortController()];
    const waits = [early, late].map(({ signal }) => slots.take('b', signal));
    const got = takeAll(slots, ['c']);
    early.abort();
    await assert.rejects(waits[0] as Promise<CallSlot>, { name: 'AbortError' });
    late.abort();
    held?.[Symbol.dispose]();
    await assert.rejects(waits[1] as Promise<CallSlot>, { name: 'AbortError' });
    await immediate();
    assert.equal(got.length, 1);
    assert.equal(slots.taken, 1);
  });
});

describe('waiting for a slot', () => {
  const full = () => {
    const slots = new CallSlots(1);
    slots.hold('a');
    return slots;
  };
  const limits = (deadlineMs: number) => ({ deadlineMs, lastUseMs: deadlineMs, signal: never });

  it('ends when the process is asked to stop', async () => {
    const stop = new AbortController();
    const limit = limits(Date.now() + 60_000);
    const waiting = waitForSlot(full(), 'b', stop.signal, limit);
    stop.abort();
    await assert.rejects(waiting, StoppingError);
  });

  it('ends at the deadline of the task', async () => {
    const waiting = waitForSlot(full(), 'b', never, limits(Date.now() - 1));
    await assert.rejects(
      waiting,
      (error) => error instanceof TaskError && error.code === 'DEADLINE_EXCEEDED',
    );
  });
});

it('half as many attempts run ahead of the calls, at most eight', () => {
  assert.deepEqual([1, 2, 5, 50, 1000].map(attemptsFor), [2, 3, 8, 58, 1008]);
});
