/**
 * One attempt at a job: the visible list of steps, ending in exactly one Outcome.
 * Before anything is paid: the row exists, its owner is the task's, it is not terminal, no picture
 * of it is stored already (then it is only completed), and the deadline has not passed. For a first
 * attempt a single UPDATE shows all of that.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { msSince } from '../concurrency/ms-since.ts';
import { asTaskError, TaskError } from '../errors.ts';
import type { Job } from '../ports/jobs.ts';
import { type Completion, isTerminal, type Session, type Task } from '../ports/session.ts';
import type { TaskSource } from '../ports/task-source.ts';
import { AttemptChecks, type CheckDeps, type CheckSettings } from './checks.ts';
import {
  type CompleteDeps,
  complete,
  type DeliveredPicture,
  NOTHING_KNOWN,
  recordDelivery,
  refuseUnfinished,
} from './complete.ts';
import { deadLetter } from './dead-letter.ts';
import type { CallSettings } from './generate.ts';
import { callFailed, failedBefore, isUnresolved, lastProvider, pictureMade } from './journal.ts';
import { type MakeDeps, makePicture, prepareEarly } from './make-picture.ts';
import {
  backoffMs,
  type Limits,
  limitsOf,
  type Outcome,
  outcomeOf,
  SkippedError,
  type SkipReason,
  StoppingError,
} from './outcome.ts';
import { checkGates, providersFor } from './provider-route.ts';
import { hasDiedAlone, isSuspect } from './quarantine.ts';
import type { StorageBreaker } from './storage-breaker.ts';
import { linkToStored, resultPath, storePicture } from './store.ts';

/** What an attempt goes by, under the names of the configuration. */
export interface AttemptSettings extends CallSettings, CheckSettings {
  readonly taskDeadlineSeconds: number;
}

export interface AttemptDeps extends MakeDeps, CompleteDeps, CheckDeps {
  readonly storage: StorageBreaker;
  readonly deadLetters: Pick<TaskSource, 'keepDeadLetter'>;
  readonly settings: AttemptSettings;
  /** Whether our clock may judge that the deadline has passed. */
  readonly mayJudgeAges: () => boolean;
}

/** Runs one attempt. Never rejects: whatever happens is an Outcome. */
export async function runAttempt(
  job: Job,
  deps: AttemptDeps,
  signal: AbortSignal,
): Promise<Outcome> {
  const limits = limitsOf(job.task, deps.settings.taskDeadlineSeconds, signal);
  const failure = failedBefore(job.journal);
  const foundOpen = isUnresolved(job.journal);
  if (failure !== null) return { kind: 'failed', error: failure };
  if (hasDiedAlone(job)) {
    return { kind: 'failed', error: new TaskError('ABANDONED', { detail: 'kills_its_process' }) };
  }
  try {
    return await runSteps(job, deps, limits);
  } catch (error) {
    if (signal.aborted || error instanceof StoppingError) return { kind: 'interrupted' };
    if (error instanceof SkippedError) return { kind: 'skipped', reason: error.reason };
    // Not journalled: it would fail the next attempt.
    const isLate = error instanceof TaskError && error.code === 'DEADLINE_EXCEEDED';
    if (isLate && !deps.mayJudgeAges()) return { kind: 'interrupted' };
    const journal = callFailed(job.journal, asTaskError(error), foundOpen);
    return await job.record(journal).then(
      () => outcomeOf(error, journal, limits.deadlineMs),
      (cause: unknown) => outcomeOf(cause, journal, limits.deadlineMs),
    );
  }
}

/** The steps: claim, download and resize → generate → store → complete. */
async function runSteps(job: Job, deps: AttemptDeps, limits: Limits): Promise<Outcome> {
  const { task, journal: before } = job;
  const refusal = isUnresolved(before) ? null : await reasonNotToPay(job, deps, limits);
  const isFirst = refusal === null && before.providerCalls === 0;
  using photos = isFirst && !isSuspect(job) ? prepareEarly(task, deps, limits) : null;
  // Only a session's first attempt can claim it: then nothing has been paid or stored before.
  const claimed = isFirst ? await deps.sessions.claim(task) : null;
  const session = claimed ?? (await resume(job, refusal, deps, limits));
  if ('kind' in session) return session;
  const queueWaitMs = Date.now() - Date.parse(task.createdAt);
  deps.record({ event: 'generation_processing', task, queueWaitMs });
  photos?.claimed();

  await using checks = new AttemptChecks(task, deps, limits.signal);
  using pass = deps.storage.pass(task);
  const readAtMs = performance.now();
  const beforePaying = async () => {
    if (msSince(readAtMs) > ROW_IS_FRESH_MS) await confirmDue(job, deps);
    await pass.beforePaying();
  };
  const parts = { session, checks, photos, beforePaying };
  const made = await makePicture(job, parts, deps, limits);
  const { jpeg, usage, journal, processingTimeMs } = made;
  const result = { ...usage, processingTimeMs, provider: lastProvider(journal) };

  // From here on the picture is paid for: nothing but the end of its use may stop it. Redis gets the
  // journal at the same time as the storage the picture, and is waited for only at the end.
  const recorded = job.record(pictureMade(journal, usage, processingTimeMs)).catch(() => undefined);
  const paidAtMs = performance.now();
  const link = await persistently(limits, () =>
    pass.upload(() => storePicture(task, jpeg, deps.imageStore)),
  );
  const durationMs = msSince(paidAtMs);
  deps.record({ event: 'picture_stored', task, sizeBytes: jpeg.byteLength, durationMs });
  const outcome = await finish(task, { ...result, imageUrl: link }, deps, limits);
  await recorded;
  return outcome;
}

/**
 * The row of a session that may have had an attempt, marked as processing; or the outcome where
 * nothing is left to pay for. Throws `refusal`, if any.
 */
async function resume(
  job: Job,
  refusal: Error | null,
  deps: AttemptDeps,
  limits: Limits,
): Promise<Session | Outcome> {
  const outcome = await finishEarlierWork(job, deps, limits);
  if (outcome !== null) return outcome;
  if (refusal !== null) throw refusal;
  const session = await deps.sessions.markProcessing(job.task);
  if (session !== null) return session;
  refuseUnfinished(await deps.sessions.find(job.task), job.task);
  return { kind: 'skipped', reason: 'terminal' };
}

/** What is known of a picture that an earlier attempt stored. */
function earlierPicture({ journal }: Job) {
  const provider = journal.providerCalls > 0 ? lastProvider(journal) : null;
  return { ...(journal.result ?? NOTHING_KNOWN), provider };
}

/**
 * Skips a session that is not there, not the task's, or over, whose picture is removed unless it was
 * delivered, and completes one whose picture is stored. Null when there is nothing of either kind.
 */
async function finishEarlierWork(
  job: Job,
  deps: AttemptDeps,
  limits: Limits,
): Promise<Outcome | null> {
  const reason = await reasonToSkip(job, deps);
  if (reason !== null) {
    // A process may have died between the upload and the row, which someone else ended or removed.
    const mayBeStored = job.journal.providerCalls > 0 && reason !== 'already_completed';
    if (mayBeStored) await deps.imageStore.remove([resultPath(job.task)]);
    return { kind: 'skipped', reason };
  }
  const stored = await linkToStored(job.task, deps.imageStore);
  if (stored === null) return null;
  return finish(job.task, { ...earlierPicture(job), imageUrl: stored }, deps, limits);
}

/** A read replica may show a row so much later than the platform pushes its task. */
const ROW_MAY_LAG_MS = 30_000;

/** Why there is nothing to do for the task: null when there is something. */
async function reasonToSkip(job: Job, deps: AttemptDeps): Promise<SkipReason | null> {
  const { task } = job;
  const session = await deps.sessions.find(task);
  if (session === null) {
    if (Date.now() - Date.parse(task.createdAt) > ROW_MAY_LAG_MS) return 'no_session';
    throw new TaskError('STORAGE_UNAVAILABLE', { detail: 'no_row_yet' });
  }
  if (session.ownerId === task.ownerId) {
    // Its process may have died before it wrote the event.
    if (session.status === 'completed') {
      await recordDelivery(session, task, earlierPicture(job), deps);
    }
    if (!isTerminal(session)) return null;
    return session.status === 'completed' ? 'already_completed' : 'already_failed';
  }
  const raw = Buffer.from(JSON.stringify(task));
  const reason = 'the session belongs to another owner';
  await deps.deadLetters.keepDeadLetter(deadLetter(raw, reason, task.sessionId));
  return 'foreign_owner';
}

/** Why no call may be paid: the deadline, or a service that is unavailable; else null. */
async function reasonNotToPay(job: Job, deps: AttemptDeps, limits: Limits): Promise<Error | null> {
  const { task, journal } = job;
  if (Date.now() >= limits.deadlineMs) return new TaskError('DEADLINE_EXCEEDED');
  const mayCall = async () => checkGates(providersFor(task, journal, deps.providers[task.channel]));
  const answers = await Promise.allSettled([
    deps.storage.assertMayPay(),
    deps.budget.assertMayPay(),
    mayCall(),
  ]);
  return answers.find((answer) => answer.status === 'rejected')?.reason ?? null;
}

/**
 * A call is paid on a row that was read at most so long ago. Photos may take as long to download; a
 * wait for a call slot or for the rate limit may take longer. Decision 56.
 */
const ROW_IS_FRESH_MS = 30_000;

/** Throws where the session has ended meanwhile, or its picture could not be stored. */
async function confirmDue(job: Job, deps: AttemptDeps): Promise<void> {
  await deps.storage.assertMayPay();
  const reason = await reasonToSkip(job, deps);
  if (reason !== null) throw new SkippedError(reason);
}

/** Completes the session with its stored picture. */
async function finish(
  task: Task,
  picture: Omit<Completion, 'completedAt'> & DeliveredPicture,
  deps: AttemptDeps,
  limits: Limits,
): Promise<Outcome> {
  const completion = { ...picture, completedAt: new Date() };
  if (!(await persistently(limits, () => complete(task, completion, deps)))) {
    return { kind: 'skipped', reason: 'lost' };
  }
  const totalMs = Date.now() - Date.parse(task.createdAt);
  const { processingTimeMs } = picture;
  deps.record({ event: 'generation_completed', task, processingTimeMs, totalMs });
  return { kind: 'completed' };
}

/** Repeats what the database or the storage could not take, as long as the picture is useful. */
async function persistently<T>(limits: Limits, action: () => Promise<T>): Promise<T> {
  for (let failures = 1; ; failures += 1) {
    try {
      return await action();
    } catch (error) {
      const isTransient = error instanceof TaskError && error.code === 'STORAGE_UNAVAILABLE';
      if (!isTransient || Date.now() >= limits.lastUseMs) throw error;
      await sleep(backoffMs(failures) / 4, undefined, { signal: limits.signal });
    }
  }
}
