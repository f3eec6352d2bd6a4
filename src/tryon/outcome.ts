/**
 * The outcome of an attempt: a closed set, and the rule by which an error becomes one.
 */

import { asTaskError, TaskError } from '../errors.ts';
import { type Journal, LockLostError } from '../ports/jobs.ts';
import type { Task } from '../ports/session.ts';
import { isFinal } from './journal.ts';

/** Why there is nothing to do: the session is gone, belongs to another owner, or has ended. */
export type SkipReason =
  | 'no_session'
  | 'foreign_owner'
  | 'already_completed'
  | 'already_failed'
  | 'terminal'
  | 'lost';

export type Outcome =
  /** The session is completed. */
  | { readonly kind: 'completed' }
  | { readonly kind: 'skipped'; readonly reason: SkipReason }
  /** Worth another attempt, not before `delayMs`. */
  | { readonly kind: 'retry'; readonly error: TaskError; readonly delayMs: number }
  /** For good: fail the session and refund. */
  | { readonly kind: 'failed'; readonly error: TaskError }
  /** The process stops, or lost the job: requeue it without counting. */
  | { readonly kind: 'interrupted' };

/** The process stops before the attempt has paid for anything: the job is requeued. */
export class StoppingError extends Error {
  override readonly name = 'StoppingError';
}

/** The session ended, or is gone, while its attempt waited to pay. */
export class SkippedError extends Error {
  override readonly name = 'SkippedError';
  readonly reason: SkipReason;

  constructor(reason: SkipReason) {
    super(reason);
    this.reason = reason;
  }
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
  /** After this moment a picture that was paid in time is no longer useful. */
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
