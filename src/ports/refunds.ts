/** The durable refunds, and the payments that only a person can give back. */
import type { ErrorCode } from '../error-catalogue.ts';
import type { SessionRef } from './session.ts';

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
  /** ISO 8601: when a booking was begun last. For a while after it the ledger may not show it yet. */
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

/** Failed sessions whose payment only a person can give back. */
export interface Reconciliation {
  /** Keeps the first record of a session. */
  add(record: ReconciliationRecord): Promise<void>;
  /** Whether the session has a record, open or dealt with. */
  has(sessionId: string): Promise<boolean>;
}

export const RECONCILIATION_REASONS = [
  'paid_by_overage_charge',
  'no_payment_found',
  'no_request_id',
  'request_id_too_long',
  'refund_refused',
  'paid_for_another_session',
  'not_covered_by_payments',
  'may_be_refunded_already',
  'not_booked_in_time',
  'refund_belongs_to_another_session',
] as const;
export type ReconciliationReason = (typeof RECONCILIATION_REASONS)[number];

export interface ReconciliationRecord extends SessionRef {
  readonly requestId: string | null;
  readonly reason: ReconciliationReason;
  /** What the ledger says was taken; null where it could not be read. */
  readonly credits: number | null;
  readonly at: string;
}
