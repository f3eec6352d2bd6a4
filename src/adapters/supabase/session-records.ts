/**
 * A session's row and events for operators: everything but prompts, links and e-mail addresses.
 */
import type { SupabaseClient } from '@supabase/supabase-js';
import { z } from 'zod';
import { CHANNELS, type Channel } from '../../ports/session.ts';
import { dataOf, TABLES } from './client.ts';
import { firstRows } from './pages.ts';

/** Only whether a link or an address is there, never where it leads to. */
const presence = z
  .string()
  .nullish()
  .transform((text) => (text === 'expired' ? 'expired' : text ? 'present' : 'none'));

/** Null for NaN too, which a person may write into their own row. */
const amount = z.number().nullable().catch(null);

const record = z.object({
  id: z.string(),
  user_id: z.string().optional(),
  store_id: z.string().optional(),
  status: z.string(),
  request_id: z.string().nullish(),
  credits_used: amount,
  error_message: z.string().nullable(),
  created_at: z.string().nullable(),
  completed_at: z.string().nullable(),
  processing_time_ms: amount,
  input_tokens: amount,
  output_tokens: amount,
  estimated_cost_usd: amount,
  model_image_url: presence,
  outfit_image_url: presence,
  generated_image_url: presence,
  shopper_email: presence,
});

export type SessionRecord = z.infer<typeof record> & { readonly channel: Channel };

/** The row of the id in either channel's table, or null. */
export async function findRecord(
  supabase: SupabaseClient,
  id: string,
): Promise<SessionRecord | null> {
  const row = await findRow(supabase, id);
  return row === null ? null : { ...record.parse(row.data), channel: row.channel };
}

const taskRow = z.object({
  user_id: z.string().optional(),
  store_id: z.string().optional(),
  model_image_url: z.string(),
  outfit_image_url: z.string().nullable(),
  accessories: z.array(z.object({ url: z.string() })).nullish(),
  prompt_system: z.string(),
  request_id: z.string().nullish(),
});

/**
 * What a task needs that only its row knows: for stores without accessories, which no row keeps. The
 * links and the prompt must not be printed.
 */
export async function findTaskSource(supabase: SupabaseClient, id: string) {
  const found = await findRow(supabase, id);
  if (found === null) return null;
  const row = taskRow.parse(found.data);
  const worn = (row.accessories ?? []).map(({ url }) => url);
  const outfit = row.outfit_image_url === null ? [] : [row.outfit_image_url];
  return {
    channel: found.channel,
    ownerId: row.store_id ?? row.user_id ?? '',
    imageUrls: [row.model_image_url, ...outfit, ...worn],
    prompt: row.prompt_system,
    requestId: row.request_id ?? null,
  };
}

/** Which sessions are listed; all of them when nothing is given but the time. */
interface SessionFilter {
  readonly since: Date;
  readonly storeId: string | null;
  readonly onlyFailed: boolean;
  /** The most rows of each channel. */
  readonly limit: number;
}

/** The newest sessions of both channels that the filter lets through, newest first. */
export async function listRecords(
  supabase: SupabaseClient,
  { since, storeId, onlyFailed, limit }: SessionFilter,
): Promise<SessionRecord[]> {
  const channels = storeId === null ? CHANNELS : (['b2b'] as const);
  const newest = async (channel: Channel) => {
    const rows = await firstRows(limit, async (from) => {
      let query = supabase.from(TABLES[channel].sessions).select('*');
      query = query.gte('created_at', since.toISOString());
      if (onlyFailed) query = query.eq('status', 'failed');
      if (storeId !== null) query = query.eq('store_id', storeId);
      const ordered = query.order('created_at', { ascending: false }).order('id');
      return z.array(record).parse(dataOf(await ordered.range(from, limit - 1)));
    });
    return rows.map((row) => ({ ...row, channel }));
  };
  const found = (await Promise.all(channels.map(newest))).flat();
  return found
    .sort((a, b) => (b.created_at ?? '').localeCompare(a.created_at ?? ''))
    .slice(0, limit);
}

/** The analytics events that name the session, oldest first. */
export async function eventsOf(
  supabase: SupabaseClient,
  channel: Channel,
  id: string,
): Promise<{ readonly type: string; readonly at: string }[]> {
  const rows = dataOf(
    await supabase
      .from(TABLES[channel].events)
      .select('event_type, created_at')
      .eq('metadata->>session_id', id)
      .order('created_at'),
  );
  return (rows ?? []).map(({ event_type, created_at }) => ({
    type: String(event_type),
    at: String(created_at),
  }));
}

async function findRow(supabase: SupabaseClient, id: string) {
  for (const channel of CHANNELS) {
    const table = supabase.from(TABLES[channel].sessions);
    const data: unknown = dataOf(await table.select('*').eq('id', id).maybeSingle());
    if (data !== null) return { channel, data };
  }
  return null;
}
