/**
 * The platform's analytics events, which its dashboards count: one of a type for a session.
 */
import { createHash } from 'node:crypto';
import type { SupabaseClient } from '@supabase/supabase-js';
import { z } from 'zod';
import type { Analytics, AnalyticsEventType } from '../../ports/analytics.ts';
import type { Session } from '../../ports/session.ts';
import { dataOf, TABLES } from './client.ts';
import { rowsById } from './pages.ts';

/** As many deliveries of one person as are read. */
const MOST_ROWS = 10_000;
const deliveryRow = z.object({ id: z.string(), metadata: z.object({ session_id: z.string() }) });

type Metadata = Parameters<Analytics['record']>[2];

export class SupabaseAnalytics implements Analytics {
  readonly #supabase: SupabaseClient;

  constructor(supabase: SupabaseClient) {
    this.#supabase = supabase;
  }

  async delivered({ channel, ownerId }: Session, requestId: string | null): Promise<Set<string>> {
    const { events, owner } = TABLES[channel];
    const query = () => {
      const all = this.#supabase.from(events).select('id, metadata').eq(owner, ownerId);
      const delivered = all.eq('event_type', 'generation_completed');
      return channel === 'b2c'
        ? delivered
        : delivered.eq('metadata->>request_id', storable(requestId ?? ''));
    };
    const rows = await Array.fromAsync(rowsById(deliveryRow, query, MOST_ROWS));
    return new Set(rows.map(({ metadata }) => metadata.session_id));
  }

  async record(session: Session, type: AnalyticsEventType, metadata: Metadata): Promise<void> {
    const { events, owner } = TABLES[session.channel];
    const shopper = session.channel === 'b2b' ? { shopper_email: session.shopperEmail } : {};
    const row: Record<string, unknown> = {
      id: eventId(session.sessionId, type),
      [owner]: session.ownerId,
      event_type: type,
      ...shopper,
      metadata: { session_id: session.sessionId, ...storableMetadata(metadata) },
    };
    const once = { onConflict: 'id', ignoreDuplicates: true };
    dataOf(await this.#supabase.from(events).upsert(row, once));
  }
}

/**
 * The event's id, made from its session and its type (a UUID of version 8, RFC 9562), so that two
 * replicas which record the same event write the same row.
 */
function eventId(sessionId: string, type: AnalyticsEventType): string {
  const bytes = createHash('sha256').update(`${sessionId} ${type}`).digest().subarray(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

/** jsonb holds no NUL and no half of a surrogate pair, and a client chooses its request id. */
function storable(text: string): string {
  return text.replaceAll('\0', '').toWellFormed();
}

function storableMetadata(metadata: Metadata): Metadata {
  return Object.fromEntries(
    Object.entries(metadata).map(([key, value]) => [
      key,
      typeof value === 'string' ? storable(value) : value,
    ]),
  );
}
