/**
 * Settling by refund: the session becomes failed by a compare-and-set, and whoever paid gets the
 * credit back, once. Everything here may be run again after a crash at any point: the row is known
 * as ours by the exact `completed_at` of the intent, and the ledger says what was paid back already.
 */
import { publicText, TaskError } from '../errors.ts';
import type {
  Analytics,
  Ledger,
  LedgerEntry,
  Payer,
  Reconciliation,
  ReconciliationReason,
  RefundAnswer,
  RefundIntent,
  RefundJob,
  Session,
} from '../ports.ts';
import { recordAnalytics, refuseUnfinished, type SettleDeps } from './settle.ts';

export interface RefundDeps extends Omit<SettleDeps, 'imageStore' | 'analytics'> {
  readonly analytics: Analytics;
  readonly ledger: Ledger;
  readonly reconciliation: Reconciliation;
}

/** What is to be done about a failed session's payment, read from its ledger rows. */
export type Route =
  | { readonly to: Payer }
  | { readonly to: 'nobody'; readonly because: 'already_refunded' }
  | { readonly to: 'reconciliation'; readonly because: ReconciliationReason };

/** The platform's description of a deduction from a shopper's balance begins like this. */
const SHOPPER_DEDUCTION = /^B2B shopper generation/;
const SESSION_IN_DESCRIPTION = /session ([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/i;

/** Who paid for the session, by its ledger rows; neither the row nor the task says so. */
export function routeRefund(session: Session, entries: readonly LedgerEntry[]): Route {
  const refund = entries.find(({ type }) => type === 'refund');
  if (refund !== undefined) return routeOfRefunded(session, refund);
  if (session.channel === 'b2c') return { to: 'person' };
  const deduction = entries.find(({ type }) => type === 'deduction');
  if (deduction !== undefined) {
    return { to: SHOPPER_DEDUCTION.test(deduction.description) ? 'shopper' : 'store' };
  }
  const isOverage = entries.some(({ type }) => type === 'overage');
  return {
    to: 'reconciliation',
    because: isOverage ? 'paid_by_overage_charge' : 'no_payment_found',
  };
}

/** A client may have used one request id for two sessions: then the refund may be the other one's. */
function routeOfRefunded({ sessionId }: Session, { description }: LedgerEntry): Route {
  const named = SESSION_IN_DESCRIPTION.exec(description)?.[1]?.toLowerCase();
  return named === undefined || named === sessionId
    ? { to: 'nobody', because: 'already_refunded' }
    : { to: 'reconciliation', because: 'refund_belongs_to_another_session' };
}

/**
 * How long after its order a person's session may still be refunded by the platform, which then
 * believes that its push failed: it pays first, fails the row after that, and names no session.
 */
const PRODUCER_REFUNDS_MS = 5000;
/** Longer than Supabase lets a statement run (8 s): then it is in the ledger, or never will be. */
const LATE_BOOKING_MS = 10_000;

/**
 * Carries the intent out. Returns 0 when it is settled, or the milliseconds after which it must be
 * run again. Throws STORAGE_UNAVAILABLE to be run again too, or LockLostError.
 */
export async function settleRefund(job: RefundJob, deps: RefundDeps): Promise<number> {
  const { intent } = job;
  const text = publicText(intent.code, intent.detail);
  const won = await deps.sessions.fail(intent, text, new Date(intent.completedAt));
  const session = await deps.sessions.find(intent);
  if (session === null || !(won || isFailedBy(session, intent))) {
    refuseUnfinished(session, intent);
    const reason = session === null ? 'no_session' : `settled_by_others_${session.status}`;
    deps.record({ event: 'refund_skipped', task: intent, reason });
    return 0;
  }
  const moderation = intent.code === 'MODERATION_BLOCKED';
  if (won) deps.record({ event: 'generation_failed', task: intent, code: intent.code, moderation });
  const earlyMs = producerMayRefundForMs(session, intent);
  if (earlyMs > 0) return earlyMs;
  const bookingMs = bookingMayEndForMs(intent);
  if (bookingMs > 0) return bookingMs;
  await payBack(job, session, deps);
  const type = moderation ? 'generation_moderation_blocked' : 'generation_failed';
  await recordAnalytics(session, type, { request_id: intent.requestId, code: intent.code }, deps);
  return 0;
}

/** A store's refund has a key that both would use; a person's has none. Clocks may differ, so the failure counts too. */
function producerMayRefundForMs(
  { channel, createdAt }: Session,
  { completedAt }: RefundIntent,
): number {
  if (channel === 'b2b') return 0;
  const sinceMs = Math.min(createdAt.getTime(), Date.parse(completedAt));
  return sinceMs + PRODUCER_REFUNDS_MS - Date.now();
}

/** A booking whose end nobody saw may still be carried out, unseen by the ledger until then. */
function bookingMayEndForMs({ bookingBegunAt }: RefundIntent): number {
  return bookingBegunAt === undefined
    ? 0
    : Date.parse(bookingBegunAt) + LATE_BOOKING_MS - Date.now();
}

/** Is it our own failing of the row, in a run that was cut short? */
function isFailedBy(session: Session, intent: RefundIntent): boolean {
  return (
    session.status === 'failed' &&
    session.ownerId === intent.ownerId &&
    session.completedAt?.getTime() === Date.parse(intent.completedAt) &&
    session.errorMessage === publicText(intent.code, intent.detail)
  );
}

async function payBack(job: RefundJob, session: Session, deps: RefundDeps): Promise<void> {
  if (await deps.analytics.has(session, 'generation_completed')) {
    // Somebody set the row back after the picture was delivered.
    deps.record({ event: 'refund_skipped', task: job.intent, reason: 'delivered_before' });
    return;
  }
  const requestId = ledgerKey(session, job.intent);
  const route = routeRefund(session, await deps.ledger.entries(session, requestId));
  switch (route.to) {
    case 'nobody':
      return noteRefunded(session, requestId, deps);
    case 'reconciliation':
      return reconcile(session, requestId, route.because, deps);
    default:
      return payBackTo(route.to, job, session, deps);
  }
}

/** The row's own request id goes first: the task's is what a client sent. */
function ledgerKey(session: Session, intent: RefundIntent): string | null {
  return session.requestId ?? intent.requestId;
}

async function payBackTo(
  payer: Payer,
  job: RefundJob,
  session: Session,
  deps: RefundDeps,
): Promise<void> {
  const requestId = ledgerKey(session, job.intent);
  if (payer !== 'person' && requestId === null) {
    return reconcile(session, requestId, 'no_request_id', deps);
  }
  await job.beginBooking();
  const answer = await bookRefund(payer, session, requestId ?? '', deps.ledger);
  if (answer === 'unconfirmed') await confirmBooked(session, requestId, deps.ledger);
  if (answer === 'refused') return reconcile(session, requestId, 'refund_refused', deps);
  const task = { ...session, requestId };
  deps.record({ event: 'credit_refunded', task, payer, credits: session.creditsUsed });
  await noteRefunded(session, requestId, deps);
}

/** Throws STORAGE_UNAVAILABLE, with a wait in which a late booking would show, unless the ledger has the refund. */
async function confirmBooked(
  session: Session,
  requestId: string | null,
  ledger: Ledger,
): Promise<void> {
  const entries = await ledger.entries(session, requestId);
  if (entries.some(({ type }) => type === 'refund')) return;
  throw new TaskError('STORAGE_UNAVAILABLE', {
    detail: 'refund_not_booked',
    retryAfterMs: LATE_BOOKING_MS,
  });
}

/** The session's id in the description is what a later look into the ledger finds it by. */
function bookRefund(
  payer: Payer,
  { ownerId, creditsUsed, sessionId, shopperEmail }: Session,
  requestId: string,
  ledger: Ledger,
): Promise<RefundAnswer> {
  const description = `Generation failed - refund (session ${sessionId})`;
  switch (payer) {
    case 'person':
      return ledger.refundPerson(ownerId, creditsUsed, description);
    case 'store':
      return ledger.refundStore(ownerId, creditsUsed, requestId, description);
    case 'shopper': {
      const shopper = { storeId: ownerId, email: shopperEmail ?? '' };
      return ledger.refundShopper(shopper, creditsUsed, requestId, description);
    }
    default:
      return payer satisfies never;
  }
}

async function noteRefunded(
  session: Session,
  requestId: string | null,
  deps: RefundDeps,
): Promise<void> {
  const metadata = { request_id: requestId, credits: session.creditsUsed };
  await recordAnalytics(session, 'credit_refunded', metadata, deps);
}

async function reconcile(
  session: Session,
  requestId: string | null,
  reason: ReconciliationReason,
  deps: RefundDeps,
): Promise<void> {
  const { channel, ownerId, sessionId, creditsUsed: credits } = session;
  const at = new Date().toISOString();
  await deps.reconciliation.add({ channel, ownerId, sessionId, requestId, reason, credits, at });
  deps.record({
    event: 'refund_needs_reconciliation',
    task: { channel, sessionId, requestId },
    reason,
  });
}
