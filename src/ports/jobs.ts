/** The durable jobs that make a picture, and the journal of what their attempts did. */
import type { ErrorCode } from '../error-catalogue.ts';
import type { Ticket } from './image-provider.ts';
import type { Completion, Task } from './session.ts';

/**
 * What earlier attempts of a job did, written before and after every paid call. Read and changed by
 * the operations of src/tryon/journal.ts. Optional fields are absent in journals of earlier releases.
 */
export interface Journal {
  /** How often the task met each transient error. */
  readonly failures: Readonly<Partial<Record<ErrorCode, number>>>;
  /** Paid calls that were begun and not refused for the rate. */
  readonly providerCalls: number;
  /** A paid call was begun and its outcome is not known (yet). */
  readonly callOpen: boolean;
  /** Who got the last paid call; absent: FIRST_PROVIDER. */
  readonly provider?: string;
  /** Of the last paid call, from the moment that the vendor has given it. */
  readonly ticket?: Ticket | null;
  /** Providers whose calls for this task failed: the others go first. */
  readonly failedProviders?: readonly string[];
  /** What the paid picture took, from the moment it is there until the session is completed. */
  readonly result: Omit<Completion, 'imageUrl' | 'completedAt'> | null;
  /** Since its process died: with how many stalls the job began to run alone, or has done so unharmed. */
  readonly quarantine?: { readonly stalls: number; readonly state: 'alone' | 'passed' };
}

/** Of a job that no attempt was made at. */
export const EMPTY_JOURNAL: Journal = {
  failures: {},
  providerCalls: 0,
  callOpen: false,
  result: null,
};

/** A job under this process's lock, for the length of one attempt. */
export interface Job {
  readonly task: Task;
  readonly journal: Journal;
  /** How often its process went silent while it ran. */
  readonly stalls: number;
  /**
   * Resolves once the journal is stored and the lock is known to be still ours. Rejects with
   * LockLostError, and stores nothing, when another process has the job by now.
   */
  record(journal: Journal): Promise<void>;
}

/** Another process has taken the job over: this one must not touch the session any more. */
export class LockLostError extends Error {
  override readonly name = 'LockLostError';
}

/** How a job's attempt ended, as far as the queue is concerned. */
export type JobEnd =
  | { readonly kind: 'done' }
  /** Done, and removed: a task that names another owner's session must not block the genuine one. */
  | { readonly kind: 'forgotten' }
  /** `behindOthers`: in the owner's next round, since what failed is the owner's. Else before all. */
  | { readonly kind: 'again'; readonly delayMs: number; readonly behindOthers?: boolean }
  | { readonly kind: 'requeue' }
  /** For good: the queue keeps the job with its reason, for an operator. */
  | { readonly kind: 'given_up'; readonly reason: string };

/** The generation jobs; a job's id is its session's id, so a session has at most one. */
export interface GenerationJobs {
  /**
   * Adds the job unless the session has one. False when that one is of another owner or channel,
   * so that at most one of the two can be right: it ends soon, try again then.
   */
  add(task: Task): Promise<boolean>;
  /** Which of these sessions have a job that is not finished. */
  aliveAmong(sessionIds: readonly string[]): Promise<Set<string>>;
  /** Jobs that were given up without an attempt's outcome, because they stalled too often. */
  givenUp(): Promise<Task[]>;
  /** Forgets a job that was given up. */
  forget(sessionId: string): Promise<void>;
}

/** Detects that Redis has come back without its data. */
export interface DataLossMarker {
  /** When a loss was detected (ms since the epoch) that is not recovered yet; null without one. */
  lossDetectedAt(): Promise<number | null>;
  /** Ends the loss that was detected at `since`; a later one stays known. */
  markRecovered(since: number): Promise<void>;
}
