/**
 * The outcome of an attempt: a closed set, and the rule by which an error becomes one.
 */

import { type ErrorCode, TaskError } from '../errors.ts';
import type { Journal } from '../ports/jobs.ts';
import { LockLostError } from '../ports/jobs.ts';
import type { Task } from '../ports/session.ts';

export type Outcome =
  /** The session is completed. */
  | { readonly kind: 'completed' }
  /** Nothing to do: the row is gone or terminal. */
  | { readonly kind: 'skipped'; readonly reason: string }
  /** Worth another attempt, not before `delayMs`. */
  | { readonly kind: 'retry'; readonly error: TaskError; readonly delayMs: number }
  /** For good: fail the session and refund. */
  | { readonly kind: 'failed'; readonly error: TaskError }
  /** The process stops, or lost the job: hand it back without counting. */
  | { readonly kind: 'interrupted' };

/** The process stops before the attempt has paid for anything: the job is requeued. */
export class StoppingError extends Error {
  override readonly name = 'StoppingError';
}

const FIRST_DELAY_MS = 2_000;
const LONGEST_DELAY_MS = 30_000;

/** Doubles with every failure, and scatters by a fifth either way so that tasks do not return in step. */
export function backoffMs(failures: number, random: () => number = Math.random): number {
  const delayMs = Math.min(FIRST_DELAY_MS * 2 ** Math.max(0, failures - 1), LONGEST_DELAY_MS);
  return Math.round(delayMs * (0.8 + 0.4 * random()));
}

/** The bounds of one attempt. */
export interface Limits {
  /** After this moment nothing is paid for the task any more. */
  readonly deadlineMs: number;
  /** After this moment a picture that was paid in time is of no use any more. */
  readonly lastUseMs: number;
  /** Aborts when the process stops or the job is lost. */
  readonly signal: AbortSignal;
}

/**
 * Until when, in seconds of a task's age, a call begun before the deadline may deliver: an eighth of
 * the task's time after it. With 480 s that is 540 s, before the platform takes it for stuck (600 s).
 */
export function lastUseSeconds(deadlineSeconds: number): number {
  return deadlineSeconds * 1.125;
}

/** The bounds of an attempt at `task`. */
export function limitsOf(task: Task, deadlineSeconds: number, signal: AbortSignal): Limits {
  const createdAtMs = Date.parse(task.createdAt);
  return {
    deadlineMs: createdAtMs + deadlineSeconds * 1000,
    lastUseMs: createdAtMs + lastUseSeconds(deadlineSeconds) * 1000,
    signal,
  };
}

/** Any error as a TaskError; what is not one already is a defect of ours. */
export function asTaskError(error: unknown): TaskError {
  return error instanceof TaskError ? error : new TaskError('INTERNAL', { cause: error });
}

/** Was the call refused for the rate, the key or the quota, or did it reach nobody? Then nothing was done. */
function isUnbilled({ code, kind, detail }: TaskError): boolean {
  return code === 'PROVIDER_BUSY' || kind === 'operational' || detail === 'not_reached';
}

/**
 * May a call have been paid whose picture nobody has? A call whose end was not seen, or one whose
 * picture was lost before it was stored.
 */
export function isOpen({ callOpen, result }: Journal): boolean {
  return callOpen || result !== null;
}

/**
 * The journal with one more failure, which also closes the call that the attempt made; one that was
 * not carried out is not counted. A call that the attempt found open (`foundOpen`) stays open until
 * it has been counted as one of unknown outcome, whatever else goes wrong.
 */
export function withFailure(journal: Journal, error: TaskError, foundOpen: boolean): Journal {
  const { code } = error;
  const closes = !foundOpen || code === 'PROVIDER_OUTCOME_UNKNOWN';
  const uncounted = !foundOpen && journal.callOpen && isUnbilled(error) ? 1 : 0;
  return {
    ...journal,
    failures: { ...journal.failures, [code]: (journal.failures[code] ?? 0) + 1 },
    providerCalls: journal.providerCalls - uncounted,
    callOpen: closes ? false : journal.callOpen,
    result: closes ? null : journal.result,
  };
}

/** Is the error final, or met once too often? */
function isFinal(error: TaskError, journal: Journal): boolean {
  const failures = journal.failures[error.code] ?? 1;
  return error.kind === 'final' || failures >= (error.tries ?? Number.POSITIVE_INFINITY);
}

/** The failure that an earlier attempt ended with, if its process died before the job was done. */
export function failedBefore(journal: Journal): TaskError | null {
  const met = Object.keys(journal.failures) as ErrorCode[];
  return met.map((code) => new TaskError(code)).find((error) => isFinal(error, journal)) ?? null;
}

/**
 * What becomes of an attempt that ended with `error`, by a journal that counts it already.
 * A retry that would come after the deadline is a failure now; a task that waits for the service
 * to recover waits until its deadline.
 */
export function outcomeOf(error: unknown, journal: Journal, deadlineMs: number): Outcome {
  if (error instanceof LockLostError) return { kind: 'interrupted' };
  const taskError = asTaskError(error);
  if (isFinal(taskError, journal)) return { kind: 'failed', error: taskError };
  const leftMs = deadlineMs - Date.now();
  const delayMs = Math.max(
    backoffMs(journal.failures[taskError.code] ?? 1),
    taskError.retryAfterMs ?? 0,
  );
  if (taskError.kind === 'operational' && leftMs > 0) {
    return { kind: 'retry', error: taskError, delayMs: Math.min(delayMs, leftMs) };
  }
  return delayMs < leftMs
    ? { kind: 'retry', error: taskError, delayMs }
    : { kind: 'failed', error: new TaskError('DEADLINE_EXCEEDED', { cause: taskError }) };
}
