/**
 * A loop in the background that nothing stops but its signal.
 */
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Runs `action` at once and then every `everyMs` after its end, until the signal. Errors go to
 * `onError` and do not end the loop. Resolves after the last run.
 */
export async function repeat(
  action: () => Promise<unknown>,
  everyMs: number,
  signal: AbortSignal,
  onError: (error: Error) => void,
): Promise<void> {
  while (!signal.aborted) {
    try {
      await action();
    } catch (error) {
      if (!signal.aborted) onError(error as Error);
    }
    await sleep(everyMs, undefined, { signal }).catch(() => undefined);
  }
}
