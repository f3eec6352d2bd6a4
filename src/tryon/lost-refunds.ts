/**
 * What a Redis that loses data takes with it: refunds of sessions that were failed already and that
 * the rescue of unfinished sessions does not see. The rows and the ledger say which those are.
 */
import { failureOfPublicText } from '../errors.ts';
import type { Ledger, QueueMemory, Reconciliation, Refunds, Session, Sessions } from '../ports.ts';

export interface LostRefundsDeps {
  readonly memory: QueueMemory;
  readonly sessions: Pick<Sessions, 'failedSince'>;
  readonly ledger: Pick<Ledger, 'entries'>;
  readonly refunds: Refunds;
  readonly reconciliation: Pick<Reconciliation, 'has'>;
}

/** A booking that was under way when Redis was lost has ended by then, here and in the database. */
const BOOKINGS_END_MS = 20_000;
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
  const lostSince = await deps.memory.lostSince();
  if (lostSince === null || Date.now() - lostSince < BOOKINGS_END_MS) return 0;
  let recovered = 0;
  for await (const session of deps.sessions.failedSince(new Date(Date.now() - LOOK_BACK_MS))) {
    if (signal.aborted) return recovered;
    if (await recover(session, deps)) recovered += 1;
  }
  await deps.memory.restored(lostSince);
  return recovered;
}

/** True when the session was failed by a worker and has neither a refund nor a job for one. */
async function recover(session: Session, deps: LostRefundsDeps): Promise<boolean> {
  const { channel, ownerId, sessionId, requestId, errorMessage, completedAt } = session;
  const failure = failureOfPublicText(errorMessage ?? '');
  if (failure === null || completedAt === null) return false;
  if ((await deps.refunds.aliveAmong([sessionId])).has(sessionId)) return false;
  if (await deps.reconciliation.has(sessionId)) return false;
  const entries = await deps.ledger.entries(session, requestId);
  if (entries.some(({ type }) => type === 'refund')) return false;
  const ids = { channel, ownerId, sessionId, requestId };
  await deps.refunds.add({ ...ids, ...failure, completedAt: completedAt.toISOString() });
  return true;
}
