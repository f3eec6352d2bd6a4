/**
 * Books the refund of a failed session: decides by the ledger, books once, and writes to the row what
 * became of the payment. What no rule covers becomes a reconciliation record for a person.
 */
import { TaskError } from '../errors.ts';
import { failureText, type PaymentState } from '../failure-text.ts';
import { namedSession, refundDescription } from '../ledger/entries.ts';
import { personRefundDue, type RefundDue, storeRefundDue } from '../ledger/refund-due.ts';
import type { Analytics } from '../ports/analytics.ts';
import { LATE_BOOKING_MS } from '../ports/booking-times.ts';
import { LockLostError } from '../ports/jobs.ts';
import type { Ledger } from '../ports/ledger.ts';
import type {
  PayerLock,
  Reconciliation,
  ReconciliationReason,
  RefundIntent,
  RefundJob,
} from '../ports/refunds.ts';
import type { Session } from '../ports/session.ts';
import { type CompleteDeps, recordAnalytics } from './complete.ts';
import { MAX_REQUEST_ID } from './refund-intent.ts';

export interface BookRefundDeps extends Omit<CompleteDeps, 'imageStore' | 'analytics'> {
  readonly analytics: Analytics;
  readonly ledger: Ledger;
  readonly payerLock: PayerLock;
  readonly reconciliation: Reconciliation;
}

/** How soon to try again while another refund of the person is being booked. */
const PAYER_BUSY_MS = 1000;
/** A refund that is not booked after so long is left to a person. */
const BOOKED_BY_MS = 24 * 3_600_000;

/** As `bookRefund`; after a day without success, or for an unreadable ledger, it is left to a person. */
export async function bookRefundInTime(
  job: RefundJob,
  session: Session,
  deps: BookRefundDeps,
): Promise<number> {
  const isLate = Date.now() - Date.parse(job.intent.completedAt) > BOOKED_BY_MS;
  try {
    const waitMs = await bookRefund(job, session, deps);
    if (waitMs === 0 || !isLate) return waitMs;
  } catch (error) {
    const isUnreadable = error instanceof TaskError && error.detail === 'too_many_rows';
    if (error instanceof LockLostError || !(isLate || isUnreadable)) throw error;
  }
  await reconcile(job.intent, session, { because: 'not_booked_in_time', credits: null }, deps);
  return 0;
}

/** Books what is due, under the payer's lock. Returns 0 when done, or the milliseconds until the next try. */
async function bookRefund(job: RefundJob, session: Session, deps: BookRefundDeps): Promise<number> {
  const { channel, ownerId, sessionId } = session;
  if (channel === 'b2b') return bookDue(job, session, deps);
  if (!(await deps.payerLock.take(ownerId, sessionId))) return PAYER_BUSY_MS;
  const waitMs = await bookDue(job, session, deps);
  // Not after an error: a booking may be under way for as long as the lock lasts.
  await deps.payerLock.release(ownerId, sessionId);
  return waitMs;
}

async function bookDue(job: RefundJob, session: Session, deps: BookRefundDeps): Promise<number> {
  const { intent } = job;
  const requestId = ledgerKey(session, intent);
  const due = await refundDue(session, requestId, deps);
  switch (due.kind) {
    case 'wait':
      return due.ms;
    case 'by_hand':
      await reconcile(intent, session, due, deps);
      return 0;
    case 'nothing_due':
      if (due.because === 'already_refunded') return noteRefunded(intent, session, null, deps);
      // Someone set the row back after the picture was delivered.
      deps.record({ event: 'refund_skipped', task: intent, reason: due.because });
      await updatePaymentText(intent, 'none', deps);
      return 0;
    case 'pay':
      return book(job, session, due, deps);
    default:
      return due satisfies never;
  }
}

/** The task's request id goes first: the row's may have been edited since. */
function ledgerKey(session: Session, intent: RefundIntent): string | null {
  return session.channel === 'b2c' ? null : (intent.requestId ?? session.requestId);
}

async function refundDue(
  session: Session,
  requestId: string | null,
  deps: BookRefundDeps,
): Promise<RefundDue> {
  if (session.channel === 'b2b') {
    if (requestId === null) return { kind: 'by_hand', because: 'no_request_id', credits: 0 };
    if (requestId.length > MAX_REQUEST_ID) {
      return { kind: 'by_hand', because: 'request_id_too_long', credits: 0 };
    }
  }
  // In the order in which a session moves on, so that none is missed between two reads.
  const others = await deps.sessions.sharingPayment(session, requestId);
  const delivered = await deps.analytics.delivered(session, requestId);
  const entries = await deps.ledger.entries(session, requestId);
  const claim = { ...session, entries, others, delivered };
  return session.channel === 'b2b' ? storeRefundDue(claim) : personRefundDue(claim);
}

async function book(
  job: RefundJob,
  session: Session,
  due: Extract<RefundDue, { kind: 'pay' }>,
  deps: BookRefundDeps,
): Promise<number> {
  const { ownerId, sessionId } = session;
  const requestId = ledgerKey(session, job.intent);
  await job.beginBooking();
  const isOurs = due.payer !== 'person' || (await deps.payerLock.keep(ownerId, sessionId));
  if (!isOurs) return PAYER_BUSY_MS;
  const description = refundDescription(sessionId);
  const answer = await deps.ledger.refund({ ...due, ownerId, requestId, description });
  if (answer === 'unconfirmed') await confirmBooked(session, requestId, deps.ledger);
  if (answer === 'refused') {
    const { credits } = due;
    await reconcile(job.intent, session, { because: 'refund_refused', credits }, deps);
    return 0;
  }
  const task = { ...session, requestId };
  deps.record({ event: 'credit_refunded', task, payer: due.payer, credits: due.credits });
  return noteRefunded(job.intent, session, due.credits, deps);
}

/** Throws STORAGE_UNAVAILABLE, with a wait in which a late booking would show, unless the ledger has the refund. */
async function confirmBooked(
  session: Session,
  requestId: string | null,
  ledger: Ledger,
): Promise<void> {
  const entries = await ledger.entries(session, requestId);
  const refunds = entries.filter(({ type }) => type === 'refund');
  if (refunds.some((refund) => namedSession(refund) === session.sessionId)) return;
  throw new TaskError('STORAGE_UNAVAILABLE', {
    detail: 'refund_not_booked',
    retryAfterMs: LATE_BOOKING_MS,
  });
}

async function noteRefunded(
  intent: RefundIntent,
  session: Session,
  credits: number | null,
  deps: BookRefundDeps,
): Promise<0> {
  await updatePaymentText(intent, 'returned', deps);
  const metadata = { request_id: ledgerKey(session, intent), credits };
  await recordAnalytics(session, 'credit_refunded', metadata, deps);
  return 0;
}

/** Replaces the text of a pending payment, with which the row was failed. */
async function updatePaymentText(
  intent: RefundIntent,
  payment: PaymentState,
  { sessions }: BookRefundDeps,
): Promise<void> {
  const [from, to] = [failureText(intent.text, 'pending'), failureText(intent.text, payment)];
  await sessions.replaceErrorMessage(intent, new Date(intent.completedAt), { from, to });
}

async function reconcile(
  intent: RefundIntent,
  session: Session,
  { because, credits }: { because: ReconciliationReason; credits: number | null },
  deps: BookRefundDeps,
): Promise<void> {
  const { channel, ownerId, sessionId } = session;
  const requestId = ledgerKey(session, intent)?.slice(0, MAX_REQUEST_ID) ?? null;
  const record = { channel, ownerId, sessionId, requestId, reason: because, credits };
  await deps.reconciliation.add({ ...record, at: new Date().toISOString() });
  await updatePaymentText(intent, 'by_hand', deps);
  deps.record({
    event: 'refund_needs_reconciliation',
    task: { channel, sessionId, requestId },
    reason: because,
  });
}
