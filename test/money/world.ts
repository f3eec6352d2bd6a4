/**
 * The database and Redis as plain data. Functions of the database behave as the platform's: a
 * person's refund pays on every call, a store's once per request id.
 */
import type { LedgerEntry, Payer } from '../../src/ports/ledger.ts';
import type { ReconciliationRecord, RefundIntent } from '../../src/ports/refunds.ts';
import type { SessionStatus } from '../../src/ports/session.ts';

/** The shopper whose credits pay for the store's shopper orders. */
export const PAYING_SHOPPER = 'payer@shop.test';

export interface Row {
  readonly channel: 'b2b' | 'b2c';
  readonly ownerId: string;
  readonly sessionId: string;
  status: SessionStatus;
  createdAt: Date;
  completedAt: Date | null;
  errorMessage: string | null;
  requestId: string | null;
  shopperEmail: string | null;
  /** What the worker must not believe. */
  creditsUsed: number;
  /** Inserted by its owner: no one paid for it. */
  readonly isPlanted: boolean;
}

export interface Booking extends LedgerEntry {
  readonly payer: Payer;
  readonly ownerId: string;
  readonly email: string | null;
  readonly requestId: string | null;
  readonly by: 'platform' | 'worker';
  /** The session that it is really about. */
  readonly about: string | null;
}

export interface StoredJob {
  readonly intent: RefundIntent;
  token: number | null;
  dueMs: number;
}

export class World {
  readonly rows = new Map<string, Row>();
  readonly bookings: Booking[] = [];
  readonly deliveries: { sessionId: string; ownerId: string; requestId: string | null }[] = [];
  /** Sessions whose picture the shopper has seen. */
  readonly delivered = new Set<string>();
  readonly pictures = new Set<string>();
  /** Tasks on the list or in a job. */
  readonly tasks = new Set<string>();
  refundJobs = new Map<string, StoredJob>();
  payerLocks = new Map<string, { sessionId: string; untilMs: number }>();
  records = new Map<string, ReconciliationRecord>();
  lossDetectedAtMs: number | null = null;

  /** Books a refund; false when the ledger has one with this key. */
  refund(booking: Omit<Booking, 'type' | 'createdAt'>): boolean {
    const { payer, ownerId, requestId } = booking;
    const isSame = (other: Booking) =>
      other.type === 'refund' && other.ownerId === ownerId && other.requestId === requestId;
    if (payer !== 'person' && this.bookings.some(isSame)) return false;
    this.bookings.push({ ...booking, type: 'refund', createdAt: new Date() });
    return true;
  }

  /** What a Redis takes with it that comes back without its data. */
  loseRedis(): void {
    this.refundJobs = new Map();
    this.payerLocks = new Map();
    this.records = new Map();
    this.lossDetectedAtMs = Date.now();
  }
}
