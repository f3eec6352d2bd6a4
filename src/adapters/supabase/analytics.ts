/**
 * The platform's analytics events, which its dashboards count: one of a type for a session.
 */
import type { SupabaseClient } from '@supabase/supabase-js';
import { z } from 'zod';
import type { Analytics, AnalyticsEventType, Session } from '../../ports.ts';
import { dataOf, rowsOf, TABLES } from './client.ts';

type Metadata = Parameters<Analytics['record']>[2];

export class SupabaseAnalytics implements Analytics {
  readonly #supabase: SupabaseClient;

  constructor(supabase: SupabaseClient) {
    this.#supabase = supabase;
  }

  async has(session: Session, type: AnalyticsEventType): Promise<boolean> {
    const { events, owner } = TABLES[session.channel];
    const known = rowsOf(
      z.object({ id: z.string() }),
      await this.#supabase
        .from(events)
        .select('id')
        .eq(owner, session.ownerId)
        .eq('event_type', type)
        .eq('metadata->>session_id', session.sessionId)
        .limit(1),
    );
    return known.length > 0;
  }

  async record(session: Session, type: AnalyticsEventType, metadata: Metadata): Promise<void> {
    if (await this.has(session, type)) return;
    const { events, owner } = TABLES[session.channel];
    const shopper = session.channel === 'b2b' ? { shopper_email: session.shopperEmail } : {};
    dataOf(
      await this.#supabase.from(events).insert({
        [owner]: session.ownerId,
        event_type: type,
        ...shopper,
        metadata: { session_id: session.sessionId, ...withoutNul(metadata) },
      }),
    );
  }
}

/** jsonb holds no NUL, and a client chooses its request id. */
function withoutNul(metadata: Metadata): Metadata {
  return Object.fromEntries(
    Object.entries(metadata).map(([key, value]) => [
      key,
      typeof value === 'string' ? value.replaceAll('\0', '') : value,
    ]),
  );
}
