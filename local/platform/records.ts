/**
 * What is on record about a try-on: its session, its rows in the ledger, its events.
 */
import { dataOf, type Platform } from './connection.ts';
import { type TryOn, tableOf } from './try-on.ts';

type Ref = Pick<TryOn, 'channel' | 'ownerId' | 'sessionId' | 'requestId'>;

/** The session's row; null when it is gone. The columns of both channels that a shop may read. */
export interface SessionRow {
  readonly id: string;
  readonly status: string;
  readonly generated_image_url: string | null;
  readonly error_message: string | null;
  readonly credits_used: number;
  readonly created_at: string;
  readonly completed_at: string | null;
  readonly processing_time_ms: number | null;
  readonly input_tokens: number | null;
  readonly output_tokens: number | null;
  readonly estimated_cost_usd: number | null;
}

export async function sessionOf(platform: Platform, tryOn: Ref): Promise<SessionRow | null> {
  const rows = platform.supabase.from(tableOf(tryOn)).select('*').eq('id', tryOn.sessionId);
  return dataOf(await rows.maybeSingle<SessionRow>());
}

export interface LedgerRow {
  readonly amount: number;
  readonly type: string;
  readonly description: string | null;
  readonly created_at: string;
}

/** B2B: the ledger's rows with the request id. B2C: all rows of the person. Oldest first. */
export async function ledgerOf(platform: Platform, tryOn: Ref): Promise<LedgerRow[]> {
  const { supabase } = platform;
  const rows =
    tryOn.channel === 'b2c'
      ? supabase.from('credit_transactions').select('*').eq('user_id', tryOn.ownerId)
      : supabase
          .from('store_credit_transactions')
          .select('*')
          .eq('store_id', tryOn.ownerId)
          .eq('request_id', tryOn.requestId);
  return dataOf(await rows.order('created_at').overrideTypes<LedgerRow[]>()) ?? [];
}

/** The types of the events that name the session, oldest first. */
export async function eventsOf(platform: Platform, tryOn: Ref): Promise<string[]> {
  const table = tryOn.channel === 'b2c' ? 'analytics_events' : 'store_analytics_events';
  const rows = platform.supabase
    .from(table)
    .select('event_type')
    .eq('metadata->>session_id', tryOn.sessionId)
    .order('created_at');
  return (dataOf(await rows) ?? []).map(({ event_type }) => String(event_type));
}
