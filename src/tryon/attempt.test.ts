/** What an attempt finds before it pays decides how it ends; none of these makes a paid call. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { IDS, oneSession } from '../../test/support/one-session.ts';
import { TaskError } from '../errors.ts';
import { EMPTY_JOURNAL, type Journal } from '../ports/jobs.ts';
import type { DeadLetter } from '../ports/task-source.ts';
import { type AttemptDeps, runAttempt } from './attempt.ts';

/** An attempt at the session's task; `refusal` is what the storage breaker says. */
async function attempt(
  one: ReturnType<typeof oneSession>,
  { ageMs = 60_000, journal = EMPTY_JOURNAL, refusal = null as TaskError | null } = {},
) {
  const letters: DeadLetter[] = [];
  const recorded: Journal[] = [];
  const { sessions, ...deps } = one.deps;
  const gated = {
    ...deps,
    sessions: { ...sessions, claim: async () => false, markProcessing: async () => false },
    deadLetters: { keepDeadLetter: async (letter: DeadLetter) => letters.push(letter) },
    storage: { check: async () => (refusal === null ? undefined : Promise.reject(refusal)) },
    providers: { b2b: [{ gate: { check: async () => undefined } }], b2c: [] },
    taskDeadlineSeconds: 480,
  } as unknown as AttemptDeps;
  const createdAt = new Date(Date.now() - ageMs).toISOString();
  const task = { ...IDS, taskId: 'task', imageUrls: [], prompt: '', createdAt };
  const record = async (next: Journal) => {
    recorded.push(next);
  };
  const job = { task, journal, stalls: 0, record };
  const outcome = await runAttempt(job, gated, new AbortController().signal);
  return { outcome, letters, recorded };
}

it('a stored picture is delivered without a call', async () => {
  const one = oneSession();
  one.picture = 'https://images.example/picture.jpg';
  assert.deepEqual((await attempt(one)).outcome, { kind: 'completed' });
  assert.equal(one.row?.status, 'completed');
});

it('a session that has ended is skipped', async () => {
  const one = oneSession({ status: 'failed' });
  const { outcome } = await attempt(one);
  assert.deepEqual(outcome, { kind: 'skipped', reason: 'already_failed' });
});

it("a completed session's event is recorded by the attempt that finds it", async () => {
  const one = oneSession({ status: 'completed' });
  const { outcome } = await attempt(one);
  assert.deepEqual(outcome, { kind: 'skipped', reason: 'already_completed' });
  assert.deepEqual(one.analytics, ['generation_completed']);
});

it("another owner's session is skipped and leaves a dead letter", async () => {
  const { outcome, letters } = await attempt(oneSession({ ownerId: 'another' }));
  assert.deepEqual(outcome, { kind: 'skipped', reason: 'foreign_owner' });
  assert.match(letters[0]?.reason ?? '', /another owner/);
});

it('a missing row is waited for while a replica may lag, then skipped', async () => {
  const one = oneSession();
  one.row = null;
  assert.deepEqual((await attempt(one)).outcome, { kind: 'skipped', reason: 'no_session' });
  assert.equal((await attempt(one, { ageMs: 1000 })).outcome.kind, 'retry');
});

it('a task past its deadline fails', async () => {
  const { outcome, recorded } = await attempt(oneSession(), { ageMs: 481_000 });
  assert.equal(outcome.kind === 'failed' && outcome.error.code, 'DEADLINE_EXCEEDED');
  assert.equal(recorded.at(-1)?.failures.DEADLINE_EXCEEDED, 1);
});

it('storage that takes no picture puts the task off before it is paid', async () => {
  const refusal = new TaskError('STORAGE_UNAVAILABLE');
  const { outcome, recorded } = await attempt(oneSession(), { refusal });
  assert.equal(outcome.kind, 'retry');
  assert.equal(recorded.at(-1)?.providerCalls, 0);
});

it('a failure that was final before a crash is final after it', async () => {
  const journal = { ...EMPTY_JOURNAL, failures: { MODERATION_BLOCKED: 1 } };
  const { outcome } = await attempt(oneSession(), { journal });
  assert.equal(outcome.kind === 'failed' && outcome.error.code, 'MODERATION_BLOCKED');
});
