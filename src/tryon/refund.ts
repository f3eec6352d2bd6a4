/**
 * Failing a session and paying it back: the session becomes failed by a compare-and-set, and the
 * payer gets back what was taken, once. Everything here may be run again after a crash at any point:
 * the row is known as ours by the exact `completed_at` of the intent, and the ledger says what was
 * paid back already.
 */
import { failureText } from '../failure-text.ts';
import { LATE_BOOKING_MS } from '../ports/booking-times.ts';
import type { RefundIntent, RefundJob } from '../ports/refunds.ts';
import { isTerminal } from '../ports/session.ts';
import type { AnnounceEnd } from '../ports/webhooks.ts';
import { type BookRefundDeps, bookRefundInTime } from './book-refund.ts';
import { recordAnalytics, refuseUnfinished } from './complete.ts';
import { cleanUpMsLeft, isOldForCleanUp } from './platform-clean-up.ts';
import { isFailedBy } from './refund-intent.ts';

export interface RefundDeps extends BookRefundDeps {
  /** When the platform's daily clean-up starts, in minutes after midnight UTC. */
  readonly platformCleanUpMinute: number;
  /** Absent without webhooks. */
  readonly announceEnd?: AnnounceEnd;
}

/**
 * Carries the intent out. Returns 0 when it is done, or the milliseconds after which it must be run
 * again. Throws STORAGE_UNAVAILABLE to be run again too, or LockLostError.
 */
export async function failAndRefund(job: RefundJob, deps: RefundDeps): Promise<number> {
  const { intent } = job;
  const cleanUpMs = await cleanUpMsOf(intent, deps);
  if (cleanUpMs > 0) return cleanUpMs;
  const failed = await deps.sessions.fail(
    intent,
    failureText(intent.text, 'pending'),
    new Date(intent.completedAt),
  );
  const session = failed ?? (await deps.sessions.find(intent));
  if (session === null || !(failed || isFailedBy(session, intent))) {
    refuseUnfinished(session, intent);
    const reason = session === null ? 'no_session' : `settled_by_others_${session.status}`;
    deps.record({ event: 'refund_skipped', task: intent, reason });
    if (session !== null && session.ownerId === intent.ownerId) await deps.announceEnd?.(intent);
    return 0;
  }
  const moderation = intent.code === 'MODERATION_BLOCKED';
  if (failed) {
    deps.record({ event: 'generation_failed', task: intent, code: intent.code, moderation });
  }
  // Before the booking, which may take long, and in every run: a process may have died in between.
  await deps.announceEnd?.(intent, intent.code);
  const inFlightMs = bookingInFlightMs(intent);
  if (inFlightMs > 0) return inFlightMs;
  const waitMs = await bookRefundInTime(job, session, deps);
  if (waitMs > 0) return waitMs;
  const type = moderation ? 'generation_moderation_blocked' : 'generation_failed';
  await recordAnalytics(session, type, { request_id: intent.requestId, code: intent.code }, deps);
  return 0;
}

/** While the platform's clean-up runs, a person's row that it may have on its list is left alone. */
async function cleanUpMsOf(intent: RefundIntent, deps: RefundDeps): Promise<number> {
  const leftMs = cleanUpMsLeft(deps.platformCleanUpMinute, Date.now());
  if (intent.channel === 'b2b' || leftMs === 0) return 0;
  const session = await deps.sessions.find(intent);
  const isOpen = session !== null && !isTerminal(session);
  return isOpen && isOldForCleanUp(session.createdAt, Date.now()) ? leftMs : 0;
}

/** A booking whose end no one saw may still be carried out, unseen by the ledger until then. */
function bookingInFlightMs({ bookingBegunAt }: RefundIntent): number {
  return bookingBegunAt === undefined
    ? 0
    : Date.parse(bookingBegunAt) + LATE_BOOKING_MS - Date.now();
}
