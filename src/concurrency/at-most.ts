/** Waiting for work that may never end. */
import { repeat } from './repeat.ts';

const POLL_MS = 50;

/** Resolves when the work is done, after `ms` without it, or as soon as waiting is pointless. */
export async function atMost(
  ms: number,
  work: Promise<unknown>,
  isPointless: () => boolean,
): Promise<void> {
  const done = new AbortController();
  const endMs = performance.now() + ms;
  const giveUp = async () => {
    if (performance.now() >= endMs || isPointless()) done.abort();
  };
  const waiting = repeat(giveUp, POLL_MS, done.signal, () => undefined);
  await Promise.race([work, waiting]);
  done.abort();
}
