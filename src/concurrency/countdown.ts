/** A time limit that does not run while we ourselves hold up what it limits. */
export interface Countdown extends Disposable {
  /** Aborted when the time is up. */
  readonly signal: AbortSignal;
  /** What is left of the time. */
  readonly leftMs: number;
  /** Stands still until this pause and all others are disposed of. */
  pause(): Disposable;
}

export function startCountdown(ms: number): Countdown {
  const up = new AbortController();
  const atMs = () => performance.now();
  let leftMs = ms;
  let pauses = 0;
  let startedAtMs = atMs();
  let timer = setTimeout(() => up.abort(), leftMs);
  const left = () => (pauses === 0 ? leftMs - (atMs() - startedAtMs) : leftMs);
  const goOn = () => {
    pauses -= 1;
    if (pauses > 0) return;
    startedAtMs = atMs();
    timer = setTimeout(() => up.abort(), leftMs);
  };
  return {
    signal: up.signal,
    get leftMs() {
      return left();
    },
    pause: () => {
      clearTimeout(timer);
      leftMs = left();
      pauses += 1;
      return { [Symbol.dispose]: goOn };
    },
    [Symbol.dispose]: () => {
      clearTimeout(timer);
      // A pause that ends afterwards starts no timer.
      pauses = Number.POSITIVE_INFINITY;
    },
  };
}
