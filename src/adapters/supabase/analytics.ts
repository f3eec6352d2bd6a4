/**
 * The platform's analytics events, which its dashboards count: one of a type for a session.
 */
import type { SupabaseClient } from '@supabase/supabase-js';
import type { Analytics, AnalyticsEventType, Session } from '../../ports.ts';
import { dataOf, TABLES } from './client.ts';

export class SupabaseAnalytics implements Analytics {
  readonly #supabase: SupabaseClient;

  constructor(supabase: SupabaseClient) {
    this.#supabase = supabase;
  }

  async has(session: Session, type: AnalyticsEventType): Promise<boolean> {
    const { events, owner } = TABLES[session.channel];
    const known = dataOf(
      await this.#supabase
        .from(events)
        .select('id')
        .eq(owner, session.ownerId)
        .eq('event_type', type)
        .eq('metadata->>session_id', session.sessionId)
        .limit(1),
    );
    return (known ?? []).length > 0;
  }

  async record(
    session: Session,
    type: AnalyticsEventType,
    metadata: Parameters<Analytics['record']>[2],
  ): Promise<void> {
    if (await this.has(session, type)) return;
    const { events, owner } = TABLES[session.channel];
    const shopper = session.channel === 'b2b' ? { shopper_email: session.shopperEmail } : {};
    dataOf(
      await this.#supabase.from(events).insert({
        [owner]: session.ownerId,
        event_type: type,
        ...shopper,
        metadata: { session_id: session.sessionId, ...metadata },
      }),
    );
  }
}
