/**
 * What the worker needs from outside, as interfaces. A port exists only for what is remote,
 * paid, slow or stateful. Every method throws a TaskError (see errors.ts) and nothing else:
 * `STORAGE_UNAVAILABLE` for a database or storage that does not answer, unless said otherwise.
 */

import type { ErrorCode, TaskError } from './errors.ts';

export type Channel = 'b2b' | 'b2c';

/** Names one session and who owns it: `ownerId` is the store's id (b2b) or the person's (b2c). All UUIDs. */
export interface SessionRef {
  readonly channel: Channel;
  readonly ownerId: string;
  readonly sessionId: string;
}

export type SessionStatus = 'queued' | 'pending' | 'processing' | 'completed' | 'failed';

/** The message on the platform's list, checked. The worker trusts its ids only after it has seen the row. */
export interface Task extends SessionRef {
  readonly taskId: string;
  /** Person first, garment second, accessories after. */
  readonly imageUrls: readonly string[];
  readonly prompt: string;
  /** Chosen by the client for b2b: the ledger's key, passed on exactly; never trusted as text. */
  readonly requestId: string;
  /** ISO 8601, never in the future; the deadline counts from here. */
  readonly createdAt: string;
}

/** The row the shop sees, as far as the worker reads it. The worker takes no prompt and no link from it. */
export interface Session extends SessionRef {
  readonly status: SessionStatus;
  /** The epoch where the row has a date that is none, such as `-infinity`. */
  readonly createdAt: Date;
  readonly completedAt: Date | null;
  readonly errorMessage: string | null;
  /** b2b only: the ledger's key, exactly as the platform wrote it. */
  readonly requestId: string | null;
  /** b2b only: set for store shoppers, but in absorb mode too, so it does not say who paid. */
  readonly shopperEmail: string | null;
}

/** What a completed session's row gets, in one UPDATE. */
export interface Completion {
  readonly imageUrl: string;
  readonly inputTokens: number | null;
  readonly outputTokens: number | null;
  readonly costUsd: number | null;
  readonly processingTimeMs: number | null;
  readonly completedAt: Date;
}

/** The session rows. Every write is conditional on the owner and on a status that is not terminal. */
export interface Sessions {
  /** The row of this id in the channel's table, whoever owns it: compare `ownerId`. Null where there is none. */
  find(ref: SessionRef): Promise<Session | null>;
  /** queued → processing; true when the row is now (or was already) `processing`. */
  markProcessing(ref: SessionRef): Promise<boolean>;
  /** → completed, clearing `error_message`; false when the row was terminal or gone. */
  complete(ref: SessionRef, completion: Completion): Promise<boolean>;
  /** → failed with a public text; false when the row was terminal or gone. */
  fail(ref: SessionRef, errorMessage: string, completedAt: Date): Promise<boolean>;
  /** Replaces the text of a failed row, if that is still the one that was written with `completedAt`. */
  retell(ref: SessionRef, completedAt: Date, text: { from: string; to: string }): Promise<void>;
  /**
   * Sessions beside this one that draw on the same payments and have not failed. b2b: of the store
   * and request id; b2c: the person's that have not ended.
   */
  sharingPayment(session: Session, requestId: string | null): Promise<OtherSession[]>;
  /** Every session of both channels that is not terminal and was created before `before`, paged. */
  unfinished(before: Date): AsyncIterable<Session>;
  /** Every session of both channels that was failed at `since` or later, paged. */
  failedSince(since: Date): AsyncIterable<Session>;
}

/** One row of a ledger that belongs to a session. */
export interface LedgerEntry {
  readonly type: 'deduction' | 'refund' | 'overage';
  /** In credits; negative for what was taken. */
  readonly amount: number;
  readonly description: string;
  readonly createdAt: Date;
}

/** Another session that draws on the same payments and has not failed. */
export interface OtherSession {
  readonly sessionId: string;
  readonly isCompleted: boolean;
}

/** One booking: whose balance, how much, and what ties it to the session. */
export interface RefundOrder {
  readonly payer: Payer;
  /** The person's or the store's id. */
  readonly ownerId: string;
  /** Whose balance at the store; null unless the payer is a shopper. */
  readonly email: string | null;
  readonly credits: number;
  /** The ledger's key; b2b only. */
  readonly requestId: string | null;
  readonly description: string;
}

/**
 * `refused`: the database will not book it (the balance's row is gone, say), now or later.
 * `unconfirmed`: an answer, but not of that function; the ledger's entries tell.
 */
export type RefundAnswer = 'refunded' | 'already_refunded' | 'refused' | 'unconfirmed';

/** The credits. A refund is one call to the platform's own function. */
export interface Ledger {
  /**
   * What was taken and given back. b2b: the rows of (store, request_id); none without a request id.
   * b2c: all of the person's deductions and refunds, since nothing ties one to its session.
   * STORAGE_UNAVAILABLE (too_many_rows) where that is more than can be read.
   */
  entries(session: Session, requestId: string | null): Promise<LedgerEntry[]>;
  /**
   * Books a refund. To a person it is not repeatable: look at `entries` first, and after an error
   * not before its `retryAfterMs`. For stores and shoppers `already_refunded` when the ledger has a
   * refund with this request id.
   */
  refund(order: RefundOrder): Promise<RefundAnswer>;
}

export type AnalyticsEventType =
  | 'generation_completed'
  | 'generation_failed'
  | 'generation_moderation_blocked'
  | 'credit_refunded';

/** The platform's dashboards count these rows. */
export interface Analytics {
  /**
   * The sessions whose delivery is on record. b2b: of the store and request id; b2c: the person's.
   * STORAGE_UNAVAILABLE (too_many_rows) where that is more than can be read.
   */
  delivered(session: Session, requestId: string | null): Promise<Set<string>>;
  /** Inserts the event unless the session has one of this type already. */
  record(
    session: Session,
    type: AnalyticsEventType,
    metadata: Readonly<Record<string, string | number | boolean | null>>,
  ): Promise<void>;
}

/** The private bucket. Paths are relative to it. */
export interface ImageStore {
  /** Stores a JPEG, replacing what is there. An upload whose answer was lost counts when the bytes are there. */
  put(path: string, jpeg: Uint8Array): Promise<void>;
  /** A link that works until the picture is deleted, or null when no object is stored at `path`. */
  sign(path: string): Promise<string | null>;
  /** Removes up to 100 objects; fine where there is none. */
  remove(paths: readonly string[]): Promise<void>;
}

export interface FetchOptions {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly take?: (bytes: number) => Promise<void>;
}

/** Fetches other people's images. Nobody else in the worker opens a link it was given. */
export interface ImageFetcher {
  /**
   * The bytes of the picture behind `url`, refused by default (docs/security.md).
   * Throws `INVALID_IMAGE` (link dead, refused, too large, not a picture) or `IMAGE_UNAVAILABLE`
   * (worth a retry). The whole download ends within `timeoutMs`, and sooner when the host stalls or
   * drips. An abort by `signal` rejects with its reason. `take` is waited for with the length of
   * every piece before more is read; that time does not count.
   */
  fetch(url: string, options: FetchOptions): Promise<Uint8Array>;
}

/** A file as the image model gets it, e.g. `model.jpg`. */
export interface NamedImage {
  readonly name: string;
  readonly jpeg: Uint8Array;
}

export interface EditRequest {
  readonly images: readonly NamedImage[];
  readonly prompt: string;
  /** Who asks, for the vendor's abuse checks: goes out as a hash. */
  readonly ownerId: string;
}

/** A generated picture, as the vendor sent it, and what it took. Null where the vendor did not say. */
export interface EditResult {
  readonly image: Uint8Array;
  readonly inputTokens: number | null;
  readonly outputTokens: number | null;
  readonly costUsd: number | null;
}

/** The paid call. One call of `edit` is at most one request to the vendor. */
export interface ImageModel {
  /**
   * Throws MODERATION_BLOCKED, GENERATION_FAILED, PROVIDER_BUSY, PROVIDER_UNAVAILABLE,
   * PROVIDER_OUTCOME_UNKNOWN, PROVIDER_MALFORMED or PROVIDER_REFUSES_SERVICE.
   * An abort by `signal` counts as PROVIDER_OUTCOME_UNKNOWN: the request may have been billed.
   */
  edit(request: EditRequest, signal: AbortSignal): Promise<EditResult>;
}

/** The most bytes of a message on the list; a full prompt with sixteen links stays well below. */
export const MAX_TASK_BYTES = 1_048_576;

/** The platform's list of tasks, the intake list that a task passes through, and the dead letters. */
export interface TaskSource {
  /**
   * Moves the oldest task to the intake list in one step; null when none came within `waitSeconds`.
   * Of a message over MAX_TASK_BYTES only the first MAX_TASK_BYTES + 1 are moved, never all of it.
   */
  take(waitSeconds: number): Promise<Buffer | null>;
  /** What is on the intake list: tasks whose hand-over was cut short, or is under way elsewhere. */
  leftovers(): Promise<Buffer[]>;
  /** Takes the task off the intake list. */
  acknowledge(raw: Buffer): Promise<void>;
  /** Moves the task from the intake list to the dead letters, once, however often it is called. */
  bury(raw: Buffer, letter: DeadLetter): Promise<void>;
  /** Keeps a dead letter of a task that had already left the list. Only the latest letters are kept. */
  keepDeadLetter(letter: DeadLetter): Promise<void>;
  /** Removes the dead letters from before `before`; returns how many. */
  dropLettersBefore(before: Date): Promise<number>;
  /** The session ids that wait on the list or the intake list. */
  waitingSessionIds(): Promise<Set<string>>;
}

/** A task that can never become a picture, with the reason, kept for the operator. */
export interface DeadLetter {
  readonly reason: string;
  readonly at: string;
  readonly sessionId: string | null;
  /** The message as it came (base64 when it is not text), cut at 32 KiB. */
  readonly raw: string;
  /** Of the whole message; its letter cannot be replayed when `raw` was cut. */
  readonly sizeBytes?: number;
}

/** What earlier attempts of a job did, written before and after every paid call. */
export interface Journal {
  /** How often the task met each transient error. */
  readonly failures: Readonly<Partial<Record<ErrorCode, number>>>;
  /** Paid calls that were begun and not refused for the rate. */
  readonly providerCalls: number;
  /** A paid call was begun and its outcome is not known (yet). */
  readonly callOpen: boolean;
  /** What the paid picture took, from the moment it is there until the session is completed. */
  readonly result: Omit<Completion, 'imageUrl' | 'completedAt'> | null;
  /** Since its process died: with how many stalls the job began to run alone, or has done so unharmed. */
  readonly quarantine?: { readonly stalls: number; readonly state: 'alone' | 'passed' };
}

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

/** The generation jobs; a job's id is its session's id, so a session has at most one. */
export interface GenerationJobs {
  /**
   * Adds the job unless the session has one. False when that one is of another owner or channel,
   * so that at most one of the two can be right: it ends soon, come again then.
   */
  add(task: Task): Promise<boolean>;
  /** Whether the operator wants tasks to stay on the list. */
  areDraining(): Promise<boolean>;
  /** Which of these sessions have a job that is not finished. */
  aliveAmong(sessionIds: readonly string[]): Promise<Set<string>>;
  /** Jobs that were given up without an attempt's outcome, because they stalled too often. */
  givenUp(): Promise<Task[]>;
  /** Forgets a job that was given up. */
  forget(sessionId: string): Promise<void>;
}

/** The intent to fail a session and give the credit back: durable, and carried out until it is done. */
export interface RefundIntent extends SessionRef {
  /** The form of the intent; 0 where it is of a release that wrote none. */
  readonly version: number;
  /** The ledger's key as the task gave it; the row's own goes first. Null when no task is known. */
  readonly requestId: string | null;
  readonly code: ErrorCode;
  readonly detail: string | null;
  /** Why it failed, as the shopper reads it, in the words of the release that wrote the intent. */
  readonly text: string;
  /** ISO 8601: the exact `completed_at` to be written, by which the row is known as ours again. */
  readonly completedAt: string;
  /** ISO 8601: when a booking was begun last. For a while after it the ledger may not tell yet. */
  readonly bookingBegunAt?: string;
}

/** A refund under this process's lock. */
export interface RefundJob {
  readonly intent: RefundIntent;
  /**
   * Notes in the intent that a booking begins. Rejects with LockLostError, and notes nothing, when
   * another process has the refund by now.
   */
  beginBooking(): Promise<void>;
}

/** The refunds to be carried out; at most one at a time for a session. */
export interface Refunds {
  add(intent: RefundIntent): Promise<void>;
  aliveAmong(sessionIds: readonly string[]): Promise<Set<string>>;
}

/** Serializes the refunds of one person, whose function in the database has no key. */
export interface PayerLock {
  /** True when the payer's refunds are this session's for now, or were already. */
  take(payerId: string, sessionId: string): Promise<boolean>;
  /** True when they still are, without a break since `take`; prolongs it. */
  keep(payerId: string, sessionId: string): Promise<boolean>;
  release(payerId: string, sessionId: string): Promise<void>;
}

/** Whether what the queues held is still there: Redis may come back without its data. */
export interface QueueMemory {
  /**
   * Since when (ms since the epoch) it has been known that the queues may have lost something which
   * nobody has seen to yet; null when there is nothing.
   */
  lostSince(): Promise<number | null>;
  /** What was lost until `since` has been seen to; a later loss stays known. */
  restored(since: number): Promise<void>;
}

/** Failed sessions whose payment only a person can give back. */
export interface Reconciliation {
  /** Keeps the first record of a session. */
  add(record: ReconciliationRecord): Promise<void>;
  /** Whether the session has a record, open or dealt with. */
  has(sessionId: string): Promise<boolean>;
}

export type ReconciliationReason =
  | 'paid_by_overage_charge'
  | 'no_payment_found'
  | 'no_request_id'
  | 'request_id_too_long'
  | 'refund_refused'
  | 'paid_for_another_session'
  | 'not_covered_by_payments'
  | 'may_be_refunded_already'
  | 'not_booked_in_time'
  | 'refund_belongs_to_another_session';

export interface ReconciliationRecord extends SessionRef {
  readonly requestId: string | null;
  readonly reason: ReconciliationReason;
  /** What the ledger says was taken; null where it could not be read. */
  readonly credits: number | null;
  readonly at: string;
}

/** How a job's attempt ended, as far as the queue is concerned. */
export type JobEnd =
  | { readonly kind: 'done' }
  /** Done, and not to be kept: a task that named what is not its own must not stand in for a later one. */
  | { readonly kind: 'forgotten' }
  /** `behindOthers`: in the owner's next round, since what failed is the owner's. Else before all. */
  | { readonly kind: 'again'; readonly delayMs: number; readonly behindOthers?: boolean }
  | { readonly kind: 'hand_back' };

/**
 * The leave to make one paid call. It is told how the call ended, and disposed of in any case: a
 * call that came to nothing (broken off, or never made) is disposed of without a word.
 * All three return at once and never throw: a paid picture does not wait for them.
 */
export interface Permit extends Disposable {
  succeeded(): void;
  failed(error: TaskError): void;
}

/** Lets paid calls out: evenly paced, and not at all while none can succeed. Shared by all replicas. */
export interface ProviderGate {
  /** Throws PROVIDER_REFUSES_SERVICE, with the time to wait, while no call may go out. */
  check(): Promise<void>;
  /**
   * Waits for the next place in the pace. Throws DEADLINE_EXCEEDED at once, and takes no place, when
   * the next one is not before `deadlineMs` (since the epoch). Throws as `check` does; while the
   * service is being probed one permit at a time is given. An abort rejects with an AbortError.
   */
  enter(deadlineMs: number, signal: AbortSignal): Promise<Permit>;
}

/** Who a line of the log is about. */
export interface TaskIds {
  readonly requestId: string | null;
  readonly sessionId: string;
  readonly channel: Channel;
}

/** What happened, in the past tense: one log line and one count each. Carries no secret, link or text of a person. */
export type WorkerEvent =
  | { event: 'task_received'; task: TaskIds }
  | {
      event: 'task_rejected';
      task: TaskIds | null;
      reason: string;
      sizeBytes: number;
      sha256: string;
    }
  | { event: 'generation_processing'; task: TaskIds; queueWaitMs: number }
  | { event: 'generation_skipped'; task: TaskIds; reason: string }
  | { event: 'images_prepared'; task: TaskIds; count: number; downloadMs: number; resizeMs: number }
  | { event: 'picture_stored'; task: TaskIds; sizeBytes: number; durationMs: number }
  | { event: 'provider_call_started'; task: TaskIds; call: number; repeated: boolean }
  | { event: 'provider_call_succeeded'; task: TaskIds; durationMs: number; usage: EditUsage }
  | {
      event: 'generation_completed';
      task: TaskIds;
      processingTimeMs: number | null;
      totalMs: number;
    }
  | { event: 'completion_lost'; task: TaskIds }
  | { event: 'generation_retried'; task: TaskIds; code: ErrorCode; delayMs: number; error: Error }
  | { event: 'attempt_failed'; task: TaskIds; code: ErrorCode; error: Error }
  | { event: 'generation_failed'; task: TaskIds; code: ErrorCode; moderation: boolean }
  | { event: 'generation_interrupted'; task: TaskIds }
  | { event: 'attempt_quarantined'; task: TaskIds; stalls: number }
  | { event: 'session_rescued'; task: TaskIds; by: 'completion' | 'refund' }
  | { event: 'refund_skipped'; task: TaskIds; reason: string }
  | { event: 'credit_refunded'; task: TaskIds; payer: Payer; credits: number }
  | { event: 'refund_needs_reconciliation'; task: TaskIds; reason: ReconciliationReason }
  | { event: 'refund_error'; task: TaskIds; delayMs: number; error: Error }
  | { event: 'analytics_error'; task: TaskIds; error: Error }
  | { event: 'breaker_opened'; code: ErrorCode; cooldownMs: number }
  | { event: 'breaker_closed' }
  | { event: 'rows_unreadable'; channel: Channel; count: number }
  | { event: 'upload_failed'; task: TaskIds; error: Error }
  | { event: 'storage_unusable'; problem: string }
  | { event: 'storage_usable' }
  /** `repeated`: how often it happened since it was recorded last. */
  | { event: 'loop_error'; loop: string; error: Error; repeated?: number };

/** Whose balance a refund goes to. */
export type Payer = 'person' | 'store' | 'shopper';

/** What a paid call took. */
export type EditUsage = Omit<EditResult, 'image'>;

/** Takes note of what happened. Never throws. */
export type RecordEvent = (event: WorkerEvent) => void;
