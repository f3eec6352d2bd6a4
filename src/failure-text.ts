/**
 * What the shopper reads in a failed session's row: why it failed, and what becomes of the payment. By
 * this text a worker of any release recognises a row that a worker failed.
 */
import { failureOfPublicText } from './errors.ts';

/** `pending`: not booked yet. `returned`: booked. `by_hand`: waits for a person. `none`: nothing is due. */
export type PaymentState = 'pending' | 'returned' | 'by_hand' | 'none';

/** The sentences; what `docs/errors.md` shows. Rows are recognised by them, so none may change. */
export const PAYMENT_TEXTS = {
  pending: 'What it cost will be returned.',
  returned: 'Your credit has been returned.',
  by_hand: 'What it cost is being looked into.',
  none: 'No credit is due.',
} as const;

/** The row's `error_message` for a failure's public text. */
export function failureText(publicText: string, payment: PaymentState): string {
  return `${publicText} ${PAYMENT_TEXTS[payment]}`;
}

/** The public text and the payment's state of a row that a worker failed; null for any other text. */
export function readFailureText(
  errorMessage: string,
): { readonly publicText: string; readonly payment: PaymentState } | null {
  // Former releases wrote the catalogue's text alone, at a time when nothing was booked yet.
  if (failureOfPublicText(errorMessage) !== null) {
    return { publicText: errorMessage, payment: 'pending' };
  }
  for (const payment of ['pending', 'returned', 'by_hand', 'none'] as const) {
    const ending = ` ${PAYMENT_TEXTS[payment]}`;
    if (errorMessage.endsWith(ending)) {
      return { publicText: errorMessage.slice(0, -ending.length), payment };
    }
  }
  return null;
}
