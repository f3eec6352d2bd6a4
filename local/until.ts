/**
 * Polling for a state that nothing announces.
 */
import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 25;

/** Resolves with the first value that is neither null, undefined nor false; rejects after `limitMs`. */
export async function until<T>(
  what: string,
  read: () => Promise<T | null | undefined | false> | T | null | undefined | false,
  limitMs = 120_000,
): Promise<T> {
  for (const end = Date.now() + limitMs; Date.now() < end; ) {
    const value = await read();
    if (value !== null && value !== undefined && value !== false) return value;
    await sleep(POLL_MS);
  }
  throw new Error(`Timed out after ${limitMs} ms, waiting for ${what}`);
}
