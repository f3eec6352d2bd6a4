/**
 * The sessions of a time window and the ledger rows around it, for the audit of the money.
 */
import type { SupabaseClient } from '@supabase/supabase-js';
import { z } from 'zod';
import { readFailureText } from '../../failure-text.ts';
import type { AuditedSession, LedgerRow } from '../../ports/audit.ts';
import type { Channel } from '../../ports/session.ts';
import { rowsOf, TABLES, type TimeWindow, within } from './client.ts';
import { readLedger } from './ledger-rows.ts';
import { rowsById } from './pages.ts';

const SESSION_COLUMNS = {
  b2b: 'id, owner:store_id, status, generated_image_url, error_message, created_at, request_id',
  b2c: 'id, owner:user_id, status, generated_image_url, error_message, created_at',
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
  // A person may write any date into their own row, `infinity` too.
  created_at: z.coerce.date().catch(new Date(0)),
});

function allIn(supabase: SupabaseClient, channel: Channel) {
  return supabase.from(TABLES[channel].sessions).select(SESSION_COLUMNS[channel]);
}

/** The channel's sessions that were created in the window. */
export async function sessionsIn(
  supabase: SupabaseClient,
  channel: Channel,
  window: TimeWindow,
): Promise<AuditedSession[]> {
  const query = () => within(allIn(supabase, channel), window);
  return Array.fromAsync(rowsById(sessionRow, query), (row) => toSession(channel, row));
}

/** The sessions of these ids that there are, whenever they were created. */
export async function sessionsById(
  supabase: SupabaseClient,
  channel: Channel,
  ids: readonly string[],
): Promise<AuditedSession[]> {
  const found: AuditedSession[] = [];
  for (let start = 0; start < ids.length; start += IDS_AT_ONCE) {
    const page = await allIn(supabase, channel).in('id', ids.slice(start, start + IDS_AT_ONCE));
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
export function ledgerIn(
  supabase: SupabaseClient,
  channel: Channel,
  window: TimeWindow,
): Promise<LedgerRow[]> {
  return readLedger(supabase, channel, (rows) => within(rows, window));
}
