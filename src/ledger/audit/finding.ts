/**
 * What an audit of the money finds, and what it is made from.
 */
import type { AuditedSession, LedgerRow } from '../../ports/audit.ts';
import type { Channel } from '../../ports/session.ts';
import { namedSession } from '../entries.ts';

/** The ways in which money does not add up, and what each means. */
export const REASONS = {
  failed_without_refund: 'failed, paid for, and nothing was given back',
  refund_outstanding: 'failed, and its refund is still under way',
  refunded_twice: 'more than one refund for one session',
  completed_and_refunded: 'the shop has the picture and the credit',
  delivered_and_refunded: 'the platform paid it back after its picture had been delivered',
  refund_to_wrong_payer: 'the credit went to someone who had not paid',
  wrong_amount: 'what was given back is not what was paid',
  refund_without_payment: 'given back although nothing was taken for it',
  refund_without_session: 'a refund that belongs to no session',
  deduction_without_session: 'paid for, but there is no session',
  session_without_deduction: 'a session that no one paid for',
  processing_too_long: 'unfinished long after its deadline',
  reconciliation_open: 'waits for a person (wearon reconciliation list)',
} as const;

type Reason = keyof typeof REASONS;

export interface Finding {
  readonly reason: Reason;
  readonly channel: Channel;
  readonly ownerId: string;
  /** Null where money moved without a session. */
  readonly sessionId: string | null;
  readonly credits: number | null;
  /** ISO 8601: of the session, or of the ledger row. */
  readonly at: string;
  /** A fixed text, never from a description. */
  readonly detail: string;
}

/** Everything that one channel has on record. Refunds reach from the window's start until now. */
export interface Books {
  readonly sessions: readonly AuditedSession[];
  readonly ledger: readonly LedgerRow[];
}

/** `credits`: those in question, as the ledger has them; null where it has none. */
export function findingOf(
  session: AuditedSession,
  reason: Reason,
  { credits = null, detail = '' }: { credits?: number | null; detail?: string } = {},
): Finding {
  const { channel, ownerId, sessionId, createdAt } = session;
  const at = createdAt.toISOString();
  return { reason, channel, ownerId, sessionId, credits, at, detail };
}

export function findingOfRow(row: LedgerRow, reason: Reason): Finding {
  const { channel, ownerId, amount, createdAt } = row;
  const at = createdAt.toISOString();
  const credits = Math.abs(amount);
  return { reason, channel, ownerId, sessionId: namedSession(row), credits, at, detail: '' };
}

/** A session with its payment and its refunds. */
interface SessionMoney {
  readonly session: AuditedSession;
  readonly payment: LedgerRow | undefined;
  readonly refunds: readonly LedgerRow[];
}

/** What every session must satisfy: amounts are compared with what was taken, never with the row. */
export function auditSession({ session, payment, refunds }: SessionMoney): Finding[] {
  const paid = payment === undefined ? null : -payment.amount;
  const found: Finding[] = [];
  const note = (reason: Reason, detail = '') =>
    found.push(findingOf(session, reason, { credits: paid, detail }));
  if (paid === null) {
    note(refunds.length > 0 ? 'refund_without_payment' : 'session_without_deduction');
  }
  if (refunds.length > 1) note('refunded_twice', `${refunds.length} refunds`);
  if (refunds.length > 0 && session.status === 'completed') note('completed_and_refunded');
  if (refunds.length > 0 && session.status === 'failed' && session.hasPicture) {
    note('delivered_and_refunded', 'the row was failed after its delivery');
  }
  if (session.status === 'failed' && paid !== null && refunds.length === 0) {
    note('failed_without_refund');
  }
  const wrong = refunds.find(({ amount }) => paid !== null && amount !== paid);
  if (wrong !== undefined) note('wrong_amount', `${wrong.amount} instead of ${paid}`);
  return found;
}
