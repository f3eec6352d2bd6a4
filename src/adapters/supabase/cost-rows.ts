/**
 * The rows that say what pictures cost and what became of try-ons, page by page.
 */
import type { SupabaseClient } from '@supabase/supabase-js';
import { z } from 'zod';
import { CHANNELS, type Channel } from '../../ports/session.ts';
import { dataOf, TABLES, type TimeWindow, within } from './client.ts';
import { rowsById } from './pages.ts';

/** A session as far as money and outcome go. `ownerId` is the store's or the person's. */
export interface CostRow {
  readonly channel: Channel;
  readonly ownerId: string;
  readonly status: string;
  readonly errorMessage: string | null;
  readonly costUsd: number | null;
  readonly createdAt: string;
}

/** A picture that was delivered. `provider` is null where its event does not name it. */
interface PictureRow {
  readonly provider: string | null;
  readonly costUsd: number | null;
}

export interface CostWindow extends TimeWindow {
  /** More rows than that are STORAGE_UNAVAILABLE (too_many_rows). */
  readonly mostRows: number;
}

/** USD. NaN, which a person may write into their own row, counts as not known. */
const cost = z.coerce.number().nullable().catch(null);

const sessionRow = z.object({
  id: z.string(),
  owner: z.string(),
  status: z.string(),
  error_message: z.string().nullable(),
  estimated_cost_usd: cost,
  created_at: z.string(),
});

/** The sessions of both channels that were ordered in the window. */
export async function* sessionCosts(
  supabase: SupabaseClient,
  window: CostWindow,
): AsyncIterable<CostRow> {
  for (const channel of CHANNELS) {
    const { sessions, owner } = TABLES[channel];
    const columns = `id, owner:${owner}, status, error_message, estimated_cost_usd, created_at`;
    const query = () => within(supabase.from(sessions).select(columns), window);
    for await (const row of rowsById(sessionRow, query, window.mostRows)) {
      yield {
        channel,
        ownerId: row.owner,
        status: row.status,
        errorMessage: row.error_message,
        costUsd: row.estimated_cost_usd,
        createdAt: row.created_at,
      };
    }
  }
}

const pictureRow = z.object({
  id: z.string(),
  provider: z.string().nullable(),
  cost,
});

/** The pictures of both channels that were delivered in the window. */
export async function* pictureCosts(
  supabase: SupabaseClient,
  window: CostWindow,
): AsyncIterable<PictureRow> {
  for (const channel of CHANNELS) {
    const columns = 'id, provider:metadata->>provider, cost:metadata->>estimated_cost_usd';
    const query = () => {
      const all = supabase.from(TABLES[channel].events).select(columns);
      return within(all.eq('event_type', 'generation_completed'), window);
    };
    for await (const row of rowsById(pictureRow, query, window.mostRows)) {
      yield { provider: row.provider, costUsd: row.cost };
    }
  }
}

/** How many sessions ended since then, and how. */
export async function endedSince(
  supabase: SupabaseClient,
  since: Date,
): Promise<{ readonly completed: number; readonly failed: number }> {
  const count = async (status: string) => {
    const counts = CHANNELS.map(async (channel) => {
      const rows = supabase.from(TABLES[channel].sessions);
      const query = rows.select('id', { count: 'exact' }).eq('status', status);
      const answer = await query.gte('completed_at', since.toISOString()).limit(1);
      dataOf(answer);
      return answer.count ?? 0;
    });
    return (await Promise.all(counts)).reduce((sum, one) => sum + one, 0);
  };
  const [completed, failed] = await Promise.all([count('completed'), count('failed')]);
  return { completed, failed };
}
