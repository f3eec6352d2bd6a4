/**
 * The sessions of a time window and the ledger rows around it, for the audit of the money.
 */
import type { SupabaseClient } from '@supabase/supabase-js';
import { z } from 'zod';
import { readFailureText } from '../../failure-text.ts';
import type { AuditedSession, LedgerRow } from '../../ports/audit.ts';
import type { Channel } from '../../ports/session.ts';
import { rowsOf, TABLES } from './client.ts';
import { allById, PAGE_ROWS } from './pages.ts';

interface TimeWindow {
  readonly since: Date;
  readonly until: Date;
}

const SESSION_COLUMNS = {
  b2b: 'id, owner:store_id, status, generated_image_url, error_message, created_at, request_id',
  b2c: 'id, owner:user_id, status, generated_image_url, error_message, created_at',
} as const;

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
/** So many ids still fit into the address of a request. */
const IDS_AT_ONCE = 100;

const sessionRow = z.object({
  id: z.string(),
  owner: z.string(),
  status: z.string(),
  generated_image_url: z.string().nullable(),
  error_message: z.string().nullable(),
  request_id: z.string().nullish(),
  created_at: z.coerce.date(),
});

const ledgerRow = z.object({
  id: z.string(),
  owner: z.string(),
  type: z.enum(['generation', 'deduction', 'refund', 'overage']),
  amount: z.number(),
  request_id: z.string().nullish(),
  description: z.string().nullable(),
  created_at: z.coerce.date(),
});

/** The channel's sessions that were created in the window. */
export async function sessionsIn(
  supabase: SupabaseClient,
  channel: Channel,
  { since, until }: TimeWindow,
): Promise<AuditedSession[]> {
  const rows = await allById(Number.POSITIVE_INFINITY, async (after) => {
    const all = supabase.from(TABLES[channel].sessions).select(SESSION_COLUMNS[channel]);
    const inside = all.gte('created_at', since.toISOString()).lt('created_at', until.toISOString());
    return rowsOf(sessionRow, await inside.gt('id', after).order('id').limit(PAGE_ROWS));
  });
  return rows.map((row) => toSession(channel, row));
}

/** The sessions of these ids that there are, whenever they were created. */
export async function sessionsById(
  supabase: SupabaseClient,
  channel: Channel,
  ids: readonly string[],
): Promise<AuditedSession[]> {
  const found: AuditedSession[] = [];
  for (let start = 0; start < ids.length; start += IDS_AT_ONCE) {
    const all = supabase.from(TABLES[channel].sessions).select(SESSION_COLUMNS[channel]);
    const page = await all.in('id', ids.slice(start, start + IDS_AT_ONCE));
    found.push(...rowsOf(sessionRow, page).map((row) => toSession(channel, row)));
  }
  return found;
}

function toSession(channel: Channel, row: z.infer<typeof sessionRow>): AuditedSession {
  return {
    channel,
    ownerId: row.owner,
    sessionId: row.id,
    status: row.status,
    hasPicture: row.generated_image_url !== null,
    isFailedByWorker: row.error_message !== null && readFailureText(row.error_message) !== null,
    requestId: row.request_id ?? null,
    createdAt: row.created_at,
  };
}

/** The channel's deductions, overage charges and refunds that were booked in the window. */
export async function ledgerIn(
  supabase: SupabaseClient,
  channel: Channel,
  { since, until }: TimeWindow,
): Promise<LedgerRow[]> {
  const { table, columns, types } = LEDGERS[channel];
  const rows = await allById(Number.POSITIVE_INFINITY, async (after) => {
    const all = supabase.from(table).select(columns).in('type', types);
    const inside = all.gte('created_at', since.toISOString()).lt('created_at', until.toISOString());
    return rowsOf(ledgerRow, await inside.gt('id', after).order('id').limit(PAGE_ROWS));
  });
  return rows.map((row) => ({
    channel,
    ownerId: row.owner,
    type: row.type === 'generation' ? 'deduction' : row.type,
    amount: row.amount,
    requestId: row.request_id ?? null,
    description: row.description ?? '',
    createdAt: row.created_at,
  }));
}
