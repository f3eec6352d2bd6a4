/**
 * What a Redis that loses data takes with it: refunds of sessions that were failed already and that
 * the rescue of unfinished sessions does not see. The rows and the ledger say which those are.
 */
import { failureOfPublicText, TaskError } from '../errors.ts';
import { readFailureText } from '../failure-text.ts';
import { namedSession } from '../ledger/entries.ts';
import { LATE_BOOKING_MS } from '../ports/booking-times.ts';
import type { DataLossMarker } from '../ports/jobs.ts';
import type { Ledger } from '../ports/ledger.ts';
import type { Reconciliation, Refunds } from '../ports/refunds.ts';
import type { Session, Sessions } from '../ports/session.ts';
import { refundIntent } from './refund-intent.ts';

interface LostRefundsDeps {
  readonly dataLoss: DataLossMarker;
  readonly sessions: Pick<Sessions, 'failedSince'>;
  readonly ledger: Pick<Ledger, 'entries'>;
  readonly refunds: Refunds;
  readonly reconciliation: Pick<Reconciliation, 'has'>;
}

/** A booking that was under way when Redis was lost has ended by then, here and in the database. */
const BOOKINGS_END_MS = 2 * LATE_BOOKING_MS;
/** Older failures had their refund, or their record for a person, long before. */
const LOOK_BACK_MS = 24 * 3_600_000;

/**
 * Takes up again the refunds that a loss of Redis may have swallowed: after each loss that is
 * noticed, after the first start, and every hour. Returns how many.
 */
export async function recoverLostRefunds(
  deps: LostRefundsDeps,
  signal: AbortSignal,
): Promise<number> {
  const lossDetectedAt = await deps.dataLoss.lossDetectedAt();
  if (lossDetectedAt === null || Date.now() - lossDetectedAt < BOOKINGS_END_MS) return 0;
  let recovered = 0;
  for await (const session of deps.sessions.failedSince(new Date(Date.now() - LOOK_BACK_MS))) {
    if (signal.aborted) return recovered;
    if (await recover(session, deps)) recovered += 1;
  }
  await deps.dataLoss.markRecovered(lossDetectedAt);
  return recovered;
}

/** True when the session was failed by a worker and has neither a refund nor a job for one. */
async function recover(session: Session, deps: LostRefundsDeps): Promise<boolean> {
  const { sessionId, requestId, errorMessage, completedAt } = session;
  const failure = readFailureText(errorMessage ?? '');
  if (failure === null || ['returned', 'none'].includes(failure.payment)) return false;
  // A date in the future is an owner's edit, and would never be overdue.
  if (completedAt === null || completedAt.getTime() > Date.now()) return false;
  if ((await deps.refunds.aliveAmong([sessionId])).has(sessionId)) return false;
  if (await deps.reconciliation.has(sessionId)) return false;
  const { publicText } = failure;
  // A later release may have more texts.
  const known = failureOfPublicText(publicText) ?? { code: 'INTERNAL', detail: null };
  const intent = refundIntent(session, requestId, { ...known, publicText });
  if (await isRefunded(session, intent.requestId, deps.ledger)) return false;
  await deps.refunds.add({ ...intent, completedAt: completedAt.toISOString() });
  return true;
}

async function isRefunded(
  session: Session,
  requestId: string | null,
  ledger: LostRefundsDeps['ledger'],
): Promise<boolean> {
  try {
    const entries = await ledger.entries(session, requestId);
    const refunds = entries.filter(({ type }) => type === 'refund');
    return session.channel === 'b2b'
      ? refunds.length > 0
      : refunds.some((refund) => namedSession(refund) === session.sessionId);
  } catch (error) {
    // One owner's rows must not hold up the others': the refund itself deals with them.
    if (error instanceof TaskError && error.detail === 'too_many_rows') return false;
    throw error;
  }
}
