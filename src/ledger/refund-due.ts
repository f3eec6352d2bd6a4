/**
 * What is to be paid back for a failed session, and to whom: read from the ledger alone. Rows of
 * sessions may be edited by their owners, so neither an amount nor a payer is taken from them.
 */
import type { LedgerEntry, Payer } from '../ports/ledger.ts';
import type { ReconciliationReason } from '../ports/refunds.ts';
import type { OtherSession } from '../ports/session.ts';
import { accountOf, namedSession } from './entries.ts';

/** Everything that decides about a refund. */
export interface Claim {
  readonly sessionId: string;
  readonly createdAt: Date;
  /** A store's rows of the request id, or all of a person's deductions and refunds. */
  readonly entries: readonly LedgerEntry[];
  /** Under the same request id, or the same person's. */
  readonly others: readonly OtherSession[];
  /** Sessions whose delivery is on record, with the same scope. */
  readonly delivered: ReadonlySet<string>;
}

export type RefundDue =
  | {
      readonly kind: 'pay';
      readonly payer: Payer;
      readonly credits: number;
      /** Of a shopper, as the deduction has it. */
      readonly email: string | null;
    }
  | { readonly kind: 'nothing_due'; readonly because: 'already_refunded' | 'delivered_before' }
  /** Others may still draw on the same payments: to be decided again after `ms`. */
  | { readonly kind: 'wait'; readonly ms: number }
  | {
      readonly kind: 'by_hand';
      readonly because: ReconciliationReason;
      readonly credits: number;
    };

/** What a person's session costs: the platform's price, whatever a row says. */
const PERSON_CREDITS = 1;
/**
 * How long after a deduction the platform may still refund it, believing that its push failed (seen
 * after 5.6 s): until then it may be paid back already.
 */
const PLATFORM_REFUND_WINDOW_MS = 20_000;
/** How soon to look again while another session of the request id has not ended. */
const SHARED_PAYMENT_MS = 10_000;
/** The platform's refund of a push that it believes to have failed names no session and comes at once. */
const NAMELESS_REFUND_MS = 60_000;

/**
 * A store's payment, known by the request id: the deduction's own amount goes back to whom it came
 * from, once, and only when no session of that request id was delivered or still may be.
 */
export function storeRefundDue({ sessionId, entries, others, delivered }: Claim): RefundDue {
  const deduction = entries.find(({ type }) => type === 'deduction');
  const credits = -(deduction?.amount ?? 0);
  const byHand = (because: ReconciliationReason): RefundDue => ({
    kind: 'by_hand',
    because,
    credits: Math.max(credits, 0),
  });
  const refund = entries.find(({ type }) => type === 'refund');
  if (refund !== undefined) {
    return [null, sessionId].includes(namedSession(refund))
      ? { kind: 'nothing_due', because: 'already_refunded' }
      : byHand('refund_belongs_to_another_session');
  }
  if (delivered.has(sessionId)) return { kind: 'nothing_due', because: 'delivered_before' };
  if (deduction === undefined) return withoutDeduction(entries);
  if (delivered.size > 0 || others.some(({ isCompleted }) => isCompleted)) {
    return byHand('paid_for_another_session');
  }
  if (others.length > 0) return { kind: 'wait', ms: SHARED_PAYMENT_MS };
  if (credits <= 0) return byHand('no_payment_found');
  const { who, email } = accountOf(deduction);
  if (who !== 'shopper') return { kind: 'pay', payer: 'store', credits, email: null };
  return email === null
    ? byHand('refund_refused')
    : { kind: 'pay', payer: 'shopper', credits, email };
}

function withoutDeduction(entries: readonly LedgerEntry[]): RefundDue {
  const charge = entries.find(({ type }) => type === 'overage');
  return charge === undefined
    ? { kind: 'by_hand', because: 'no_payment_found', credits: 0 }
    : { kind: 'by_hand', because: 'paid_by_overage_charge', credits: Math.abs(charge.amount) };
}

/**
 * A person's payment. Nothing ties a deduction to its session, so one credit is due only while the
 * deductions cover the refunds, what was delivered or still may be, and this one. A deduction that
 * the platform may yet refund covers nothing.
 */
export function personRefundDue(claim: Claim): RefundDue {
  const { sessionId, entries, others, delivered } = claim;
  const refunds = entries.filter(({ type }) => type === 'refund');
  if (refunds.some((refund) => namedSession(refund) === sessionId)) {
    return { kind: 'nothing_due', because: 'already_refunded' };
  }
  if (delivered.has(sessionId)) return { kind: 'nothing_due', because: 'delivered_before' };
  const deductions = entries.filter(({ type }) => type === 'deduction');
  const lastMs = Math.max(...deductions.map(({ createdAt }) => createdAt.getTime()));
  const ms = lastMs + PLATFORM_REFUND_WINDOW_MS - Date.now();
  // Asked again in time: a person may insert a row that is dated years ahead.
  if (ms > 0) return { kind: 'wait', ms: Math.min(ms, PLATFORM_REFUND_WINDOW_MS) };
  const nameless = namelessRefundOf(claim);
  if (nameless !== null) return nameless;
  const taken = deductions.reduce((sum, { amount }) => sum + Math.max(-amount, 0), 0);
  const refunded = refunds.reduce((sum, { amount }) => sum + Math.abs(amount), 0);
  const spent = new Set([...delivered, ...others.map((other) => other.sessionId)]).size;
  return taken - refunded - spent * PERSON_CREDITS >= PERSON_CREDITS
    ? { kind: 'pay', payer: 'person', credits: PERSON_CREDITS, email: null }
    : { kind: 'by_hand', because: 'not_covered_by_payments', credits: PERSON_CREDITS };
}

/** The platform's refund of a failed push, if there is one that may be this session's. */
function namelessRefundOf({ createdAt, entries }: Claim): RefundDue | null {
  const refund = entries.find(
    (entry) =>
      entry.type === 'refund' &&
      namedSession(entry) === null &&
      isWithin(entry.createdAt, createdAt, NAMELESS_REFUND_MS),
  );
  if (refund === undefined) return null;
  const payments = entries.filter(
    ({ type, createdAt: paidAt }) =>
      type === 'deduction' && isWithin(refund.createdAt, paidAt, NAMELESS_REFUND_MS),
  );
  return payments.length > 1
    ? { kind: 'by_hand', because: 'may_be_refunded_already', credits: PERSON_CREDITS }
    : { kind: 'nothing_due', because: 'already_refunded' };
}

function isWithin(at: Date, from: Date, ms: number): boolean {
  const sinceMs = at.getTime() - from.getTime();
  return sinceMs >= 0 && sinceMs <= ms;
}
