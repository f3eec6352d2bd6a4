/** Whole milliseconds since a `performance.now()`; as long as it took, also when the clock is set meanwhile. */
export function msSince(startMs: number): number {
  return Math.round(performance.now() - startMs);
}
