/**
 * The platform's credits: its ledgers are read, its own functions book the refunds. The store's
 * and the shopper's function book once per request id; the person's books every time it is called.
 */
import type { PostgrestError, SupabaseClient } from '@supabase/supabase-js';
import { z } from 'zod';
import { TaskError } from '../../errors.ts';
import type { Ledger, LedgerEntry, RefundAnswer, Session } from '../../ports.ts';
import { rowsOf } from './client.ts';

const UNIQUE_VIOLATION = '23505';
/** What a function that returns nothing answers when it has run. */
const NO_CONTENT = 204;
/** SQLSTATE: raised by the function itself, or a constraint. The call changed nothing and never will. */
const REFUSAL = /^(P0001|23\d{3})$/;
/** After a lost answer the booking may still be under way for as long as a statement may run. */
const UNKNOWN_OUTCOME_WAIT_MS = 10_000;

const ledgerRow = z.object({
  type: z.enum(['deduction', 'refund', 'overage']),
  amount: z.number(),
  description: z.string().nullable(),
});

export class SupabaseLedger implements Ledger {
  readonly #supabase: SupabaseClient;

  constructor(supabase: SupabaseClient) {
    this.#supabase = supabase;
  }

  async entries(session: Session, requestId: string | null): Promise<LedgerEntry[]> {
    // No row of the database holds a NUL.
    if (session.channel === 'b2b' && (requestId ?? '\0').includes('\0')) return [];
    const columns = 'type, amount, description';
    const query =
      session.channel === 'b2b'
        ? this.#supabase
            .from('store_credit_transactions')
            .select(columns)
            .eq('store_id', session.ownerId)
            .eq('request_id', requestId)
            .in('type', ['deduction', 'refund', 'overage'])
        : this.#supabase
            .from('credit_transactions')
            .select(columns)
            .eq('user_id', session.ownerId)
            .eq('type', 'refund')
            .like('description', `%${session.sessionId}%`);
    return rowsOf(ledgerRow, await query).map((row) => ({
      ...row,
      description: row.description ?? '',
    }));
  }

  refundPerson(userId: string, credits: number, description: string): Promise<RefundAnswer> {
    return this.#book('refund_credits', {
      p_user_id: userId,
      p_amount: credits,
      p_description: description,
    });
  }

  refundStore(
    storeId: string,
    credits: number,
    requestId: string,
    description: string,
  ): Promise<RefundAnswer> {
    return this.#book('refund_store_credits', {
      p_store_id: storeId,
      p_amount: credits,
      p_request_id: requestId,
      p_description: description,
    });
  }

  refundShopper(
    shopper: { readonly storeId: string; readonly email: string },
    credits: number,
    requestId: string,
    description: string,
  ): Promise<RefundAnswer> {
    return this.#book('refund_store_shopper_credits', {
      p_store_id: shopper.storeId,
      p_shopper_email: shopper.email,
      p_amount: credits,
      p_request_id: requestId,
      p_description: description,
    });
  }

  async #book(name: string, args: Record<string, unknown>): Promise<RefundAnswer> {
    const answer = await this.#supabase.rpc(name, args);
    const { error, status }: { error: PostgrestError | null; status: number } = answer;
    if (error === null) return status === NO_CONTENT ? 'refunded' : 'unconfirmed';
    if (error.code === UNIQUE_VIOLATION) return 'already_refunded';
    if (REFUSAL.test(error.code)) return 'refused';
    throw new TaskError('STORAGE_UNAVAILABLE', {
      cause: error,
      retryAfterMs: UNKNOWN_OUTCOME_WAIT_MS,
    });
  }
}
