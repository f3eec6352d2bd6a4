/**
 * The platform's credits: its ledgers are read, its own functions book the refunds. The store's
 * and the shopper's function book once per request id; the person's books every time it is called.
 */
import type { PostgrestError, SupabaseClient } from '@supabase/supabase-js';
import { TaskError } from '../../errors.ts';
import { LATE_BOOKING_MS } from '../../ports/booking-times.ts';
import type { Ledger, LedgerEntry, RefundAnswer, RefundOrder } from '../../ports/ledger.ts';
import type { Session } from '../../ports/session.ts';
import { readLedger } from './ledger-rows.ts';

const UNIQUE_VIOLATION = '23505';
/** What a function that returns nothing answers when it has run. */
const NO_CONTENT = 204;
/**
 * SQLSTATE: raised by the function itself, a constraint, a number out of range, or a row larger than
 * its index. The call changed nothing and never will.
 */
const REFUSAL = /^(P0001|22\w{3}|23\d{3}|54000)$/;
/** People get ten credits at sign-up; who has more rows than this may have written them. */
const MOST_ROWS = 10_000;

/** The function of each payer, and what it is called with. */
const FUNCTIONS = {
  person: ({ ownerId }: RefundOrder) => ['refund_credits', { p_user_id: ownerId }] as const,
  store: ({ ownerId, requestId }: RefundOrder) =>
    ['refund_store_credits', { p_store_id: ownerId, p_request_id: requestId }] as const,
  shopper: ({ ownerId, requestId, email }: RefundOrder) =>
    [
      'refund_store_shopper_credits',
      { p_store_id: ownerId, p_request_id: requestId, p_shopper_email: email },
    ] as const,
};

export class SupabaseLedger implements Ledger {
  readonly #supabase: SupabaseClient;

  constructor(supabase: SupabaseClient) {
    this.#supabase = supabase;
  }

  async entries(session: Session, requestId: string | null): Promise<LedgerEntry[]> {
    // No row of the database holds a NUL.
    if (session.channel === 'b2b' && (requestId ?? '\0').includes('\0')) return [];
    const { channel, ownerId } = session;
    return readLedger(
      this.#supabase,
      channel,
      (rows) =>
        channel === 'b2b'
          ? rows.eq('store_id', ownerId).eq('request_id', requestId)
          : rows.eq('user_id', ownerId),
      MOST_ROWS,
    );
  }

  async refund(order: RefundOrder): Promise<RefundAnswer> {
    const [name, account] = FUNCTIONS[order.payer](order);
    const args = { ...account, p_amount: order.credits, p_description: order.description };
    const answer = await this.#supabase.rpc(name, args);
    const { error, status }: { error: PostgrestError | null; status: number } = answer;
    if (error === null) return status === NO_CONTENT ? 'refunded' : 'unconfirmed';
    if (error.code === UNIQUE_VIOLATION) return 'already_refunded';
    if (REFUSAL.test(error.code)) return 'refused';
    throw new TaskError('STORAGE_UNAVAILABLE', {
      cause: error,
      retryAfterMs: LATE_BOOKING_MS,
    });
  }
}
