/** What the audit of the money reads: the sessions and ledger rows of a time window. */
import type { LedgerEntry } from './ledger.ts';
import type { Channel } from './session.ts';

export interface AuditedSession {
  readonly channel: Channel;
  readonly ownerId: string;
  readonly sessionId: string;
  readonly status: string;
  /** A picture was delivered, whatever the status says now. */
  readonly hasPicture: boolean;
  /** The row's text is the worker's; the platform writes another, or none, when it fails a session. */
  readonly isFailedByWorker: boolean;
  readonly requestId: string | null;
  readonly createdAt: Date;
}

/** A row of either ledger; `generation` is what people's ledger calls a deduction. */
export interface LedgerRow extends LedgerEntry {
  readonly channel: Channel;
  readonly ownerId: string;
  readonly requestId: string | null;
}
