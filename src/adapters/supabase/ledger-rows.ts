/**
 * The rows of the platform's two ledgers: what was taken, charged and given back.
 */
import type { SupabaseClient } from '@supabase/supabase-js';
import { z } from 'zod';
import type { LedgerRow } from '../../ports/audit.ts';
import type { Channel } from '../../ports/session.ts';
import { rowsById } from './pages.ts';

const LEDGERS = {
  b2b: {
    table: 'store_credit_transactions',
    columns: 'id, owner:store_id, type, amount, description, created_at, request_id',
    types: ['deduction', 'refund', 'overage'],
  },
  b2c: {
    table: 'credit_transactions',
    columns: 'id, owner:user_id, type, amount, description, created_at',
    types: ['generation', 'refund'],
  },
} as const;

const ledgerRow = z.object({
  id: z.string(),
  owner: z.string(),
  type: z.enum(['generation', 'deduction', 'refund', 'overage']),
  amount: z.number(),
  request_id: z.string().nullish(),
  description: z.string().nullable(),
  // A person may insert rows of their own, with any date.
  created_at: z.coerce.date().catch(new Date(0)),
});

function rowsIn(supabase: SupabaseClient, channel: Channel) {
  const { table, columns, types } = LEDGERS[channel];
  return supabase.from(table).select(columns).in('type', types);
}
type Rows = ReturnType<typeof rowsIn>;

/** The channel's rows that `narrow` leaves; more than `most` are STORAGE_UNAVAILABLE (too_many_rows). */
export async function readLedger(
  supabase: SupabaseClient,
  channel: Channel,
  narrow: (rows: Rows) => Rows,
  most?: number,
): Promise<LedgerRow[]> {
  const rows = rowsById(ledgerRow, () => narrow(rowsIn(supabase, channel)), most);
  return Array.fromAsync(rows, (row) => ({
    channel,
    ownerId: row.owner,
    type: row.type === 'generation' ? 'deduction' : row.type,
    amount: row.amount,
    requestId: row.request_id ?? null,
    description: row.description ?? '',
    createdAt: row.created_at,
  }));
}
