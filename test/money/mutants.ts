/**
 * The protections of the money, each with the change of the source that takes it out.
 */
import type { Edit, Order } from './plan.ts';
import type { Mutant } from './source.ts';

/** A protection to be taken out, what its lack does, and the orders and edits among which that shows soon. */
export interface Missed extends Mutant {
  readonly fault: RegExp;
  readonly payments?: readonly Order['payment'][];
  readonly fates?: readonly Order['fate'][];
  readonly edits?: readonly Edit['kind'][];
  /** Workers are killed while refunds are booked. */
  readonly killsWhileBooking?: boolean;
  /** Workers start around the platform's clean-up. */
  readonly startsLate?: boolean;
  /** The plan needs a whole day. */
  readonly takesADay?: boolean;
}

const REFUND_DUE = 'ledger/refund-due.ts';
const BOOK_REFUND = 'tryon/book-refund.ts';

export const MUTANTS: readonly Missed[] = [
  {
    name: "a store's amount is taken from the row",
    fault: /paid out/,
    payments: ['store'],
    fates: ['failed', 'lost'],
    edits: ['raise_credits'],
    file: REFUND_DUE,
    replace: "payer: 'store', credits, email: null }",
    by: "payer: 'store', credits: (arguments[0] as any).creditsUsed, email: null }",
  },
  {
    name: "a person's amount is taken from the row",
    fault: /paid out/,
    payments: ['person'],
    fates: ['failed', 'lost'],
    edits: ['raise_credits'],
    file: REFUND_DUE,
    replace: "payer: 'person', credits: PERSON_CREDITS",
    by: "payer: 'person', credits: (claim as any).creditsUsed",
  },
  {
    name: 'the shopper is taken from the row',
    fault: /another shopper/,
    payments: ['shopper'],
    fates: ['failed', 'lost'],
    edits: ['name_other_shopper'],
    file: REFUND_DUE,
    replace: "payer: 'shopper', credits, email }",
    by: "payer: 'shopper', credits, email: (arguments[0] as any).shopperEmail }",
  },
  {
    name: "a person's deductions need not cover the refund",
    fault: /paid out/,
    payments: ['person'],
    edits: ['plant_unpaid', 'plant_failed'],
    file: REFUND_DUE,
    replace: 'return taken - refunded - spent * PERSON_CREDITS >= PERSON_CREDITS',
    by: 'return taken < 1e9',
  },
  {
    name: 'what was delivered is paid back',
    fault: /delivered and refunded/,
    payments: ['person'],
    fates: ['delivered', 'failed'],
    edits: ['set_back'],
    file: REFUND_DUE,
    replace:
      "if (delivered.has(sessionId)) return { kind: 'nothing_due', because: 'delivered_before' };\n  const deductions",
    by: 'const deductions',
  },
  {
    name: "the platform's refunds without a name are overlooked",
    fault: /refunded 2 times/,
    payments: ['person'],
    fates: ['push_throws', 'failed'],
    edits: [],
    file: REFUND_DUE,
    replace: 'if (nameless !== null) return nameless;',
    by: '',
  },
  {
    name: 'the worker waits 5 seconds for a push that throws',
    fault: /refunded 2 times/,
    payments: ['person'],
    fates: ['push_throws'],
    edits: [],
    file: REFUND_DUE,
    replace: 'PLATFORM_REFUND_WINDOW_MS = 20_000',
    by: 'PLATFORM_REFUND_WINDOW_MS = 5_000',
  },
  {
    name: "the platform's clean-up is not waited for",
    fault: /refunded 2 times/,
    payments: ['person'],
    fates: ['lost'],
    edits: [],
    startsLate: true,
    file: 'tryon/platform-clean-up.ts',
    replace: 'return Math.max(BEFORE_MS + AFTER_MS - sinceMs, 0);',
    by: 'return sinceMs < 0 ? 1 : 0;',
  },
  {
    name: 'refunds of one person are booked side by side',
    fault: /paid out/,
    payments: ['person'],
    fates: ['failed', 'lost'],
    edits: ['plant_unpaid'],
    file: BOOK_REFUND,
    replace: 'if (!(await deps.payerLock.take(ownerId, sessionId))) return PAYER_BUSY_MS;',
    by: 'deps = { ...deps, payerLock: { ...deps.payerLock, keep: async () => true } };',
  },
  {
    name: 'a booking under way is not waited for',
    fault: /refunded 2 times/,
    payments: ['person'],
    fates: ['failed'],
    edits: [],
    killsWhileBooking: true,
    file: 'tryon/refund.ts',
    replace: 'if (inFlightMs > 0) return inFlightMs;',
    by: '',
  },
  {
    name: "a former release's text is not known",
    fault: /credit is lost/,
    fates: ['former'],
    edits: [],
    file: 'tryon/refund-intent.ts',
    replace: '(text.startsWith(intent.text) || readFailureText(text) !== null)',
    by: 'text.startsWith(intent.text)',
  },
  {
    name: 'what cannot be booked is tried for ever',
    fault: /never end/,
    payments: ['person'],
    fates: ['failed'],
    edits: [],
    takesADay: true,
    file: BOOK_REFUND,
    replace: 'BOOKED_BY_MS = 24 * 3_600_000',
    by: 'BOOKED_BY_MS = 1e12',
  },
  {
    name: 'refunds that Redis lost are not looked for',
    fault: /credit is lost/,
    fates: ['failed'],
    edits: [],
    file: 'tryon/lost-refunds.ts',
    replace: 'if (lossDetectedAt === null ||',
    by: 'if (lossDetectedAt !== 0 ||',
  },
  {
    name: "a request id's payment may pay for two sessions",
    fault: /delivered and refunded/,
    payments: ['store'],
    fates: ['delivered'],
    edits: ['plant_second'],
    file: REFUND_DUE,
    replace: `if (delivered.size > 0 || others.some(({ isCompleted }) => isCompleted)) {
    return byHand('paid_for_another_session');
  }
  if (others.length > 0) return { kind: 'wait', ms: SHARED_PAYMENT_MS };`,
    by: '',
  },
];
