/**
 * The rows that the platform's dashboards count.
 * Every method throws a TaskError and nothing else: STORAGE_UNAVAILABLE unless said otherwise.
 */
import type { Session } from './session.ts';

export type AnalyticsEventType =
  | 'generation_completed'
  | 'generation_failed'
  | 'generation_moderation_blocked'
  | 'credit_refunded';

export interface Analytics {
  /**
   * The sessions whose delivery is on record. b2b: of the store and request id; b2c: the person's.
   * STORAGE_UNAVAILABLE (too_many_rows) where that is more than can be read.
   */
  delivered(session: Session, requestId: string | null): Promise<Set<string>>;
  /** Inserts the event unless the session has one of this type already. */
  record(
    session: Session,
    type: AnalyticsEventType,
    metadata: Readonly<Record<string, string | number | boolean | null>>,
  ): Promise<void>;
}
