/**
 * What an audit of the money finds, and what it is made from.
 */
import type { AuditedSession, LedgerRow } from '../../adapters/supabase/audit-records.ts';
import type { Channel } from '../../ports.ts';

/** The ways in which money does not add up, and what each means. */
export const REASONS = {
  failed_without_refund: 'failed, paid for, and nothing was given back',
  refund_outstanding: 'failed, and its refund is still under way',
  refunded_twice: 'more than one refund for one session',
  completed_and_refunded: 'the shop has the picture and the credit',
  refund_to_wrong_payer: 'the credit went to somebody who had not paid',
  wrong_amount: 'what was given back is not what was paid',
  refund_without_session: 'a refund that belongs to no session',
  deduction_without_session: 'paid for, but there is no session',
  session_without_deduction: 'a session that nobody paid for',
  processing_too_long: 'unfinished long after its deadline',
  reconciliation_open: 'waits for a person (wearon reconciliation list)',
} as const;

export type Reason = keyof typeof REASONS;

export interface Finding {
  readonly reason: Reason;
  readonly channel: Channel;
  readonly ownerId: string;
  /** Null where money moved without a session. */
  readonly sessionId: string | null;
  readonly credits: number;
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

/** What the platform and the worker write to tie a ledger row to a session. */
const SESSION_IN_DESCRIPTION = /session ([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/i;

/** The session that the row names, or null. */
export function namedSession({ description }: LedgerRow): string | null {
  return SESSION_IN_DESCRIPTION.exec(description)?.[1]?.toLowerCase() ?? null;
}

export function findingOf(session: AuditedSession, reason: Reason, detail = ''): Finding {
  const { channel, ownerId, sessionId, credits, createdAt } = session;
  return { reason, channel, ownerId, sessionId, credits, at: createdAt.toISOString(), detail };
}

export function findingOfRow(row: LedgerRow, reason: Reason, detail = ''): Finding {
  const { channel, ownerId, amount, createdAt } = row;
  const at = createdAt.toISOString();
  const credits = Math.abs(amount);
  return { reason, channel, ownerId, sessionId: namedSession(row), credits, at, detail };
}

/** What every session must satisfy, once its payments and its refunds are known. */
export function auditSession(
  session: AuditedSession,
  { isPaid, refunds }: { readonly isPaid: boolean; readonly refunds: readonly LedgerRow[] },
): Finding[] {
  const found: Finding[] = [];
  const note = (reason: Reason, detail?: string) => found.push(findingOf(session, reason, detail));
  if (!isPaid) note('session_without_deduction');
  if (refunds.length > 1) note('refunded_twice', `${refunds.length} refunds`);
  if (session.status === 'completed' && refunds.length > 0) note('completed_and_refunded');
  if (session.status === 'failed' && isPaid && refunds.length === 0) note('failed_without_refund');
  const wrong = refunds.find(({ amount }) => amount !== session.credits);
  if (wrong !== undefined) note('wrong_amount', `${wrong.amount} instead of ${session.credits}`);
  return found;
}
