/**
 * What the queues run: an attempt or a refund, and what its outcome means for the job. A failed
 * attempt leaves its refund behind before its own job is done.
 */
import { asTaskError } from '../errors.ts';
import { type Job, type JobEnd, LockLostError } from '../ports/jobs.ts';
import type { RefundJob, Refunds } from '../ports/refunds.ts';
import type { AnnounceEnd } from '../ports/webhooks.ts';
import { type AttemptDeps, runAttempt } from './attempt.ts';
import { backoffMs, type SkipReason } from './outcome.ts';
import { failAndRefund, type RefundDeps } from './refund.ts';
import { refundIntent } from './refund-intent.ts';

const DONE: JobEnd = { kind: 'done' };
/** Reasons to skip a task that named a session which is not there, or not its own. */
const NOT_ITS_OWN: readonly SkipReason[] = ['no_session', 'foreign_owner'];
const REQUEUE: JobEnd = { kind: 'requeue' };
/** A refund is tried again at least this often, so that it is booked soon after the database is back. */
const LONGEST_REFUND_DELAY_MS = 10_000;

/** Of the run of a generation job. */
interface RunJobDeps extends AttemptDeps {
  readonly refunds: Refunds;
  /** Absent without webhooks. */
  readonly announceEnd?: AnnounceEnd;
}

/** Runs one attempt and turns its Outcome into the end of the job. */
export async function runJob(job: Job, deps: RunJobDeps, signal: AbortSignal): Promise<JobEnd> {
  const { task } = job;
  const outcome = await runAttempt(job, deps, signal);
  switch (outcome.kind) {
    case 'completed':
      await deps.announceEnd?.(task);
      return DONE;
    case 'skipped':
      deps.record({ event: 'generation_skipped', task, reason: outcome.reason });
      if (NOT_ITS_OWN.includes(outcome.reason)) return { kind: 'forgotten' };
      // Perhaps ended by a process that died before it announced it.
      await deps.announceEnd?.(task);
      return DONE;
    case 'retry': {
      const { error, delayMs } = outcome;
      deps.record({ event: 'generation_retried', task, code: error.code, delayMs, error });
      return { kind: 'again', delayMs, behindOthers: error.code === 'IMAGE_UNAVAILABLE' };
    }
    case 'failed': {
      const { error } = outcome;
      if (error.code === 'DEADLINE_EXCEEDED' && !deps.mayJudgeAges()) return requeue();
      deps.record({ event: 'attempt_failed', task, code: error.code, error });
      await deps.refunds.add(refundIntent(task, task.requestId, error));
      return DONE;
    }
    case 'interrupted':
      return requeue();
    default:
      return outcome satisfies never;
  }

  function requeue(): JobEnd {
    deps.record({ event: 'generation_interrupted', task });
    return REQUEUE;
  }
}

/** Carries a refund out; any error is retried. */
export async function runRefund(
  job: RefundJob,
  retries: number,
  deps: RefundDeps,
): Promise<JobEnd> {
  try {
    const delayMs = await failAndRefund(job, deps);
    return delayMs > 0 ? { kind: 'again', delayMs } : DONE;
  } catch (error) {
    if (error instanceof LockLostError) return REQUEUE;
    const taskError = asTaskError(error);
    const delayMs = Math.max(
      Math.min(backoffMs(retries), LONGEST_REFUND_DELAY_MS),
      taskError.retryAfterMs ?? 0,
    );
    deps.record({ event: 'refund_error', task: job.intent, delayMs, error: taskError });
    return { kind: 'again', delayMs };
  }
}
