/** What an attempt finds before it pays decides how it ends. */
import assert from 'node:assert/strict';
import { it, type TestContext } from 'node:test';
import { attemptDeps } from '../../test/support/tryon/attempt-deps.ts';
import { jobOf, oneSession } from '../../test/support/tryon/one-session.ts';
import { TaskError } from '../errors.ts';
import type { PictureRequest } from '../ports/image-provider.ts';
import { EMPTY_JOURNAL, type Journal } from '../ports/jobs.ts';
import type { Session } from '../ports/session.ts';
import type { DeadLetter } from '../ports/task-source.ts';
import { runAttempt } from './attempt.ts';

/** Of a provider that takes the task of `jobOf`. */
const LIMITS = { garments: { least: -1, most: 0 }, promptCharacters: 0, prompt: 'sent' } as const;

/** An attempt at the session's task; `refusal` is what the storage breaker says. */
async function attempt(
  one: ReturnType<typeof oneSession>,
  { ageMs = 60_000, journal = EMPTY_JOURNAL, refusal = null as TaskError | null } = {},
) {
  const letters: DeadLetter[] = [];
  const recorded: Journal[] = [];
  const deps = attemptDeps(one, {
    sessions: { ...one.deps.sessions, claim: async () => null, markProcessing: async () => null },
    deadLetters: { keepDeadLetter: async (letter) => void letters.push(letter) },
    storage: { assertMayPay: async () => (refusal === null ? undefined : Promise.reject(refusal)) },
    providers: {
      b2b: [{ provider: { limits: LIMITS }, gate: { assertMayPay: async () => undefined } }],
      b2c: [],
    },
  });
  const createdAt = new Date(Date.now() - ageMs).toISOString();
  const record = async (next: Journal) => {
    recorded.push(next);
  };
  const job = { ...jobOf({ createdAt }), journal, record };
  const outcome = await runAttempt(job, deps, new AbortController().signal);
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

it('the stored picture of a session that someone else ended is removed', async () => {
  const journal = { ...EMPTY_JOURNAL, providerCalls: 1, callOpen: true };
  const [gone, failed] = [oneSession(), oneSession({ status: 'failed' })];
  gone.row = null;
  for (const one of [gone, failed]) {
    one.picture = 'https://images.example/picture.jpg';
    assert.equal((await attempt(one, { journal })).outcome.kind, 'skipped');
    assert.match(one.removed.join(), /generated.*\.jpg$/);
  }
});

it('a task past its deadline fails', async () => {
  const { outcome, recorded } = await attempt(oneSession(), { ageMs: 481_000 });
  assert.equal(outcome.kind === 'failed' && outcome.error.code, 'DEADLINE_EXCEEDED');
  assert.equal(recorded.at(-1)?.failures.DEADLINE_EXCEEDED, 1);
});

it('a task is postponed unpaid while storage takes no picture', async () => {
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

/** A first attempt whose session ends while the rate limit holds its call back for so long. */
async function endedWhileHeldBack(t: TestContext, heldBackMs: number) {
  const startMs = performance.now();
  const clock = t.mock.method(performance, 'now', () => startMs);
  const one = oneSession();
  const [claimed, paid] = [one.row, [] as string[]];
  const enter = async () => {
    clock.mock.mockImplementation(() => startMs + heldBackMs);
    one.row = { ...oneSession().row, status: 'failed' } as Session;
    return { succeeded() {}, failed() {}, [Symbol.dispose]() {} };
  };
  const provider = {
    name: 'openai',
    limits: LIMITS,
    forecastUsd: () => null,
    submit: async ({ key }: PictureRequest) => {
      paid.push(key);
      throw new TaskError('MODERATION_BLOCKED');
    },
  };
  const deps = attemptDeps(one, {
    sessions: { ...one.deps.sessions, claim: async () => claimed },
    storage: {
      assertMayPay: async () => undefined,
      pass: () => ({ beforePaying: async () => undefined, [Symbol.dispose]() {} }),
    },
    budget: {
      assertMayPay: async () => undefined,
      reserve: async () => ({ returned() {}, spent() {} }),
    },
    providers: {
      b2b: [{ provider, gate: { assertMayPay: async () => undefined, enter } }],
      b2c: [],
    },
  });
  const outcome = await runAttempt(jobOf(), deps, new AbortController().signal);
  return { outcome, paid };
}

it('a row read more than 30 s ago is read again before a call is paid', async (t) => {
  const { outcome, paid } = await endedWhileHeldBack(t, 31_000);
  assert.deepEqual(outcome, { kind: 'skipped', reason: 'already_failed' });
  assert.deepEqual(paid, []);
});

it('a row read within the last 30 s is not read again', async (t) => {
  const { paid } = await endedWhileHeldBack(t, 29_000);
  assert.equal(paid.length, 1);
});
