/**
 * A session ends once: completed here by one conditional UPDATE, or failed by a RefundIntent
 * (refund.ts). When someone else ended it first, nothing is changed.
 */
import { TaskError } from '../errors.ts';
import type { Analytics, AnalyticsEventType } from '../ports/analytics.ts';
import type { RecordEvent, TaskIds } from '../ports/events.ts';
import type { ImageStore } from '../ports/image-store.ts';
import {
  type Completion,
  isTerminal,
  type Session,
  type SessionRef,
  type Sessions,
} from '../ports/session.ts';
import { resultPath } from './store.ts';

export interface CompleteDeps {
  readonly sessions: Sessions;
  readonly imageStore: ImageStore;
  readonly analytics: Pick<Analytics, 'record'>;
  readonly record: RecordEvent;
}

/** Writes an analytics event; a failure is logged and changes nothing. */
export async function recordAnalytics(
  session: Session,
  type: AnalyticsEventType,
  metadata: Parameters<Analytics['record']>[2],
  deps: Pick<CompleteDeps, 'analytics' | 'record'>,
): Promise<void> {
  try {
    await deps.analytics.record(session, type, metadata);
  } catch (error) {
    deps.record({ event: 'analytics_error', task: session, error: error as Error });
  }
}

/**
 * If an UPDATE matched no row, someone else ended or removed the session. If the row is still open,
 * the write never ran: throws STORAGE_UNAVAILABLE.
 */
export function refuseUnfinished(session: Session | null, { ownerId }: SessionRef): void {
  if (session === null || session.ownerId !== ownerId || isTerminal(session)) return;
  throw new TaskError('STORAGE_UNAVAILABLE', { detail: 'write_without_effect' });
}

/** Did we complete the row, perhaps in a call whose answer was lost? */
function isCompletedAs({ status, completedAt }: Session, completion: Completion): boolean {
  return status === 'completed' && completedAt?.getTime() === completion.completedAt.getTime();
}

/** What the event of a delivered picture says of it; null where it is not known. */
export type DeliveredPicture = Pick<Completion, 'processingTimeMs' | 'costUsd'> & {
  /** Who made the picture. */
  readonly provider: string | null;
};

/** Of a picture that an attempt stored whose journal is gone. */
export const NOTHING_KNOWN = {
  inputTokens: null,
  outputTokens: null,
  costUsd: null,
  processingTimeMs: null,
};

/** Writes the analytics event of a delivered picture. */
export function recordDelivery(
  session: Session,
  { requestId }: TaskIds,
  { processingTimeMs, costUsd, provider }: DeliveredPicture,
  deps: Pick<CompleteDeps, 'analytics' | 'record'>,
): Promise<void> {
  const metadata = {
    request_id: requestId,
    processing_time_ms: processingTimeMs,
    estimated_cost_usd: costUsd,
    ...(provider === null ? {} : { provider }),
  };
  return recordAnalytics(session, 'generation_completed', metadata, deps);
}

/**
 * Completes the session with its stored picture. When the row was failed or removed meanwhile the
 * picture is removed too, and false is returned.
 */
export async function complete(
  ref: SessionRef & TaskIds,
  completion: Completion & Partial<DeliveredPicture>,
  deps: CompleteDeps,
): Promise<boolean> {
  const completed = await deps.sessions.complete(ref, completion);
  const session = completed ?? (await deps.sessions.find(ref));
  if (session !== null && isCompletedAs(session, completion)) {
    await recordDelivery(session, ref, { provider: null, ...completion }, deps);
    return true;
  }
  refuseUnfinished(session, ref);
  if (session?.status !== 'completed') await deps.imageStore.remove([resultPath(ref)]);
  deps.record({ event: 'completion_lost', task: ref });
  return false;
}
