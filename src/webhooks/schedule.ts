/**
 * When a delivery is tried again.
 */

/** Waits after the first, second … try, in seconds: eleven tries over two hours. */
export const RETRY_SECONDS: readonly number[] = [5, 15, 60, 120, 300, 600, 900, 1200, 1800, 2400];

/**
 * How long to wait after the `tries`th try, or null when that was the last one. Up to a fifth longer
 * than the schedule says, so that what failed together does not return together.
 */
export function retryDelayMs(
  tries: number,
  retryAfterMs: number,
  schedule: readonly number[] = RETRY_SECONDS,
  random: () => number = Math.random,
): number | null {
  const seconds = schedule[tries - 1];
  if (seconds === undefined) return null;
  const delayMs = Math.round(seconds * 1000 * (1 + random() / 5));
  return Math.max(delayMs, retryAfterMs);
}
