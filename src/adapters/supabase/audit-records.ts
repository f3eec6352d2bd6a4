/**
 * The sessions of a time window and the ledger rows around it, for the audit of the money.
 */
import type { SupabaseClient } from '@supabase/supabase-js';
import { z } from 'zod';
import type { Channel } from '../../ports/session.ts';
import { dataOf, TABLES } from './client.ts';
import { PAGE_ROWS, pagesById } from './pages.ts';

export interface TimeWindow {
  readonly since: Date;
  readonly until: Date;
}

export interface AuditedSession {
  readonly channel: Channel;
  readonly ownerId: string;
  readonly sessionId: string;
  readonly status: string;
  /** A picture was delivered, whatever the status says now. */
  readonly hasPicture: boolean;
  readonly requestId: string | null;
  readonly createdAt: Date;
}

/** A row of either ledger; `generation` is what people's ledger calls a deduction. */
export interface LedgerRow {
  readonly channel: Channel;
  readonly ownerId: string;
  readonly type: 'deduction' | 'refund' | 'overage';
  readonly amount: number;
  readonly requestId: string | null;
  readonly description: string;
  readonly createdAt: Date;
}

const LEDGERS = {
  b2b: {
    table: 'store_credit_transactions',
    columns: 'id, type, amount, description, created_at, store_id, request_id',
    types: ['deduction', 'refund', 'overage'],
  },
  b2c: {
    table: 'credit_transactions',
    columns: 'id, type, amount, description, created_at, user_id',
    types: ['generation', 'refund'],
  },
} as const;

const COLUMNS = {
  b2b: 'id, status, generated_image_url, created_at, store_id, request_id',
  b2c: 'id, status, generated_image_url, created_at, user_id',
} as const;
/** So many ids still fit into the address of a request. */
const IDS_AT_ONCE = 100;

const sessionRow = z.object({
  id: z.string(),
  user_id: z.string().optional(),
  store_id: z.string().optional(),
  status: z.string(),
  generated_image_url: z.string().nullable(),
  request_id: z.string().nullish(),
  created_at: z.coerce.date(),
});

const ledgerRow = z.object({
  id: z.string(),
  user_id: z.string().optional(),
  store_id: z.string().optional(),
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
  window: TimeWindow,
): Promise<AuditedSession[]> {
  const source = { table: TABLES[channel].sessions, columns: COLUMNS[channel], types: null };
  const rows = await allRows(supabase, source, window);
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
    const table = supabase.from(TABLES[channel].sessions).select(COLUMNS[channel]);
    const rows: unknown[] | null = dataOf(
      await table.in('id', ids.slice(start, start + IDS_AT_ONCE)),
    );
    found.push(...(rows ?? []).map((row) => toSession(channel, row)));
  }
  return found;
}

function toSession(channel: Channel, data: unknown): AuditedSession {
  const row = sessionRow.parse(data);
  return {
    channel,
    ownerId: row.store_id ?? row.user_id ?? '',
    sessionId: row.id,
    status: row.status,
    hasPicture: row.generated_image_url !== null,
    requestId: row.request_id ?? null,
    createdAt: row.created_at,
  };
}

/** The channel's deductions, overage charges and refunds that were booked in the window. */
export async function ledgerIn(
  supabase: SupabaseClient,
  channel: Channel,
  window: TimeWindow,
): Promise<LedgerRow[]> {
  const rows = await allRows(supabase, LEDGERS[channel], window);
  return rows.map((data) => {
    const row = ledgerRow.parse(data);
    return {
      channel,
      ownerId: row.store_id ?? row.user_id ?? '',
      type: row.type === 'generation' ? 'deduction' : row.type,
      amount: row.amount,
      requestId: row.request_id ?? null,
      description: row.description ?? '',
      createdAt: row.created_at,
    };
  });
}

interface Source {
  readonly table: string;
  readonly columns: string;
  readonly types: readonly string[] | null;
}

async function allRows(
  supabase: SupabaseClient,
  { table, columns, types }: Source,
  { since, until }: TimeWindow,
): Promise<{ id: string }[]> {
  const all: { id: string }[] = [];
  const pages = pagesById(async (after) => {
    let query = supabase
      .from(table)
      .select(columns)
      .gte('created_at', since.toISOString())
      .lt('created_at', until.toISOString())
      .gt('id', after);
    if (types !== null) query = query.in('type', types);
    const answer = await query
      .order('id')
      .limit(PAGE_ROWS)
      .overrideTypes<{ id: string }[], { merge: false }>();
    return dataOf(answer) ?? [];
  });
  for await (const page of pages) all.push(...page);
  return all;
}
