/**
 * The ledger: what was taken for a session, and what was given back.
 * Every method throws a TaskError and nothing else: STORAGE_UNAVAILABLE unless said otherwise.
 */
import type { Session } from './session.ts';

/** One row of a ledger that belongs to a session. */
export interface LedgerEntry {
  readonly type: 'deduction' | 'refund' | 'overage';
  /** In credits; negative for what was taken. */
  readonly amount: number;
  readonly description: string;
  readonly createdAt: Date;
}

/** Whose balance a refund goes to. */
export type Payer = 'person' | 'store' | 'shopper';

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
 * `unconfirmed`: an answer, but not of that function; the ledger's entries say what was booked.
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
