/** A time limit that does not run while we ourselves hold up what it limits. */
interface Countdown extends Disposable {
  /** Aborted when the time is up. */
  readonly signal: AbortSignal;
  /** Stands still until the result is disposed of. One pause at a time. */
  pause(): Disposable;
}

export function startCountdown(ms: number): Countdown {
  const up = new AbortController();
  let leftMs = ms;
  let startedAt = performance.now();
  let timer = setTimeout(() => up.abort(), leftMs);
  const goOn = () => {
    startedAt = performance.now();
    timer = setTimeout(() => up.abort(), leftMs);
  };
  return {
    signal: up.signal,
    pause: () => {
      clearTimeout(timer);
      leftMs -= performance.now() - startedAt;
      return { [Symbol.dispose]: goOn };
    },
    [Symbol.dispose]: () => clearTimeout(timer),
  };
}
