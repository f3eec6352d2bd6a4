/** Who may have killed the process runs alone. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { setImmediate as immediate } from 'node:timers/promises';
import { jobOf } from '../../test/support/tryon/one-session.ts';
import { passedAlone, ranAlone } from './journal.ts';
import { hasDiedAlone, isSuspect, Quarantine } from './quarantine.ts';

const { signal } = new AbortController();

it('a job is suspect after a death until it has passed alone', () => {
  const job = jobOf();
  const { journal } = job;
  const verdictOf = (given: typeof journal, stalls: number) => [
    isSuspect({ ...job, stalls, journal: given }),
    hasDiedAlone({ ...job, stalls, journal: given }),
  ];
  assert.deepEqual(verdictOf(journal, 0), [false, false]);
  assert.deepEqual(verdictOf(journal, 1), [true, false]);
  assert.deepEqual(verdictOf(ranAlone(journal, 1), 1), [true, false]);
  assert.deepEqual(verdictOf(ranAlone(journal, 1), 2), [true, true]);
  assert.deepEqual(verdictOf(passedAlone(journal, 1), 1), [false, false]);
  assert.deepEqual(verdictOf(passedAlone(journal, 1), 2), [true, false]);
});

it('a suspect waits until all others are done, and goes before new ones', async () => {
  const quarantine = new Quarantine();
  const events: string[] = [];
  const first = await quarantine.enter(signal);
  const { promise, resolve: endAlone } = Promise.withResolvers<void>();
  const alone = ['a', 'b'].map((name) =>
    quarantine.alone(signal, async () => {
      events.push(name);
      await promise;
    }),
  );
  const newcomer = quarantine.enter(signal).then(() => events.push('newcomer'));
  await immediate();
  assert.deepEqual(events, []);
  first[Symbol.dispose]();
  await immediate();
  assert.deepEqual(events, ['a']);
  endAlone();
  await Promise.all([...alone, newcomer]);
  assert.deepEqual(events, ['a', 'b', 'newcomer']);
});

it('a job that stops waiting, or fails alone, blocks no other', async () => {
  const quarantine = new Quarantine();
  const first = await quarantine.enter(signal);
  const stop = new AbortController();
  const waiting = quarantine.alone(stop.signal, async () => undefined);
  stop.abort(new Error('stop'));
  await assert.rejects(waiting, /stop/);
  (await quarantine.enter(signal))[Symbol.dispose]();
  first[Symbol.dispose]();
  await assert.rejects(
    quarantine.alone(signal, () => Promise.reject(new Error('bad photo'))),
    /bad photo/,
  );
  await quarantine.enter(signal);
});
