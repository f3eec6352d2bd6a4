/**
 * From ended sessions to deliveries: the code that ends a session, or finds it ended, announces it; and a
 * sweep finds those that no one announced (the platform ended them, or a process died in between).
 */
import type { RecordEvent } from '../ports/events.ts';
import type { AnnounceEnd, Deliveries, EndedSessions, SweepMark } from '../ports/webhooks.ts';
import type { Endpoints } from './endpoints.ts';

interface AnnounceDeps {
  readonly endpoints: Pick<Endpoints, 'of'>;
  readonly deliveries: Deliveries;
  readonly record: RecordEvent;
}

/** Queues a delivery for each endpoint of the session. */
export function announcer({ endpoints, deliveries, record }: AnnounceDeps): AnnounceEnd {
  return async (ref, code) => {
    try {
      for (const { key } of endpoints.of(ref)) await deliveries.add(ref, key, code ?? null);
    } catch (error) {
      record({ event: 'loop_error', loop: 'webhooks', error: error as Error });
    }
  };
}

interface SweepDeps extends Pick<AnnounceDeps, 'endpoints' | 'deliveries'> {
  readonly sessions: EndedSessions;
  readonly mark: SweepMark;
}

/**
 * How far back the first sweep looks, and one after Redis lost its data: longer than a delivery is
 * tried, so that what was lost with Redis is announced again.
 */
const LOOK_BACK_MS = 3 * 3_600_000;
/** A row may be written so much later than the time that it names as its end. */
const LATE_ROWS_MS = 300_000;

/** Announces what ended since the last sweep; what has its delivery keeps that. Returns how many rows it saw. */
export async function sweepEnded(deps: SweepDeps, signal: AbortSignal): Promise<number> {
  const startedMs = Date.now();
  const sweptMs = await deps.mark.read();
  const sinceMs = Math.max((sweptMs ?? 0) - LATE_ROWS_MS, startedMs - LOOK_BACK_MS);
  let seen = 0;
  for await (const session of deps.sessions.endedSince(new Date(sinceMs))) {
    if (signal.aborted) return seen;
    for (const { key } of deps.endpoints.of(session)) await deps.deliveries.add(session, key, null);
    seen += 1;
  }
  await deps.mark.write(startedMs);
  return seen;
}
