/**
 * What the ledgers' rows say: who paid, and which session a row names. The platform writes the
 * descriptions; a deduction from a shopper's balance has the shopper's e-mail address in it.
 */
import type { LedgerEntry } from '../ports/ledger.ts';

const SHOPPER_DEDUCTION = /^B2B shopper generation/;
const SHOPPER = /\(shopper=(.*)\)\s*$/s;
const SESSION = /session ([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/i;

/** Whose balance a row of a store's ledger is about. */
interface Account {
  readonly who: 'store' | 'shopper' | 'overage charge';
  /** The shopper's address; null for others, and where the row does not have it. */
  readonly email: string | null;
}

export function accountOf({
  type,
  description,
}: Pick<LedgerEntry, 'type' | 'description'>): Account {
  const email = SHOPPER.exec(description)?.[1] ?? null;
  if (type === 'overage') return { who: 'overage charge', email: null };
  const isShopper = type === 'refund' ? email !== null : SHOPPER_DEDUCTION.test(description);
  return isShopper ? { who: 'shopper', email } : { who: 'store', email: null };
}

/** The session that the row names, or null. The worker and the platform's clean-up name it. */
export function namedSession({ description }: Pick<LedgerEntry, 'description'>): string | null {
  return SESSION.exec(description)?.[1]?.toLowerCase() ?? null;
}

/** The description that names the session, by which its refund is known again. */
export function refundDescription(sessionId: string): string {
  return `Generation failed - refund (session ${sessionId})`;
}
