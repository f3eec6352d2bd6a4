/**
 * Waits for the picture of a call that its vendor carries out under a ticket.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { TaskError } from '../errors.ts';
import type { ImageProvider, Picture, Ticket } from '../ports/image-provider.ts';

/** The pauses before asking again; the last one repeats. */
const PAUSES_MS = [1000, 2000];

/** How long a call that was cancelled is still asked for. */
const LAST_COLLECT_MS = 15_000;

/**
 * The picture, within `timeoutMs`. After that the call is cancelled and collected once more: it may
 * have ended since the last time, or never have been begun. Otherwise PROVIDER_OUTCOME_UNKNOWN, since
 * a vendor may bill what it had begun. An abort by `signal` rejects with its reason and leaves the
 * call alone: the next attempt collects it.
 */
export async function awaitTicket(
  provider: ImageProvider,
  ticket: Ticket,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Picture> {
  const collect = provider.collect?.bind(provider);
  if (collect === undefined) throw new TaskError('PROVIDER_OUTCOME_UNKNOWN');
  const timeout = AbortSignal.timeout(Math.max(0, timeoutMs));
  const either = AbortSignal.any([signal, timeout]);
  try {
    for (let asked = 0; ; asked += 1) {
      either.throwIfAborted();
      const picture = await collect(ticket, either);
      if (picture !== null) return picture;
      await sleep(PAUSES_MS[Math.min(asked, PAUSES_MS.length - 1)], undefined, { signal: either });
    }
  } catch (error) {
    signal.throwIfAborted();
    if (!timeout.aborted) throw error;
    await provider.cancel?.(ticket);
    const last = AbortSignal.any([signal, AbortSignal.timeout(LAST_COLLECT_MS)]);
    const picture = await collect(ticket, last);
    signal.throwIfAborted();
    if (picture !== null) return picture;
    throw new TaskError('PROVIDER_OUTCOME_UNKNOWN', { detail: 'timed_out', cause: error });
  }
}
