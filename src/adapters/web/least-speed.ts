/**
 * Ends downloads that hold their slot without delivering. One rule for every phase (name,
 * connection, headers, body): in every window a least number of bytes must arrive.
 */

export interface LeastSpeed {
  readonly bytes: number;
  readonly windowMs: number;
}

/**
 * 32 KiB in any 10 s: a photo worth dressing has 100 kB or more, which would take over 30 s at this
 * speed, the time that all photos of a task have together. A host may think for 10 s before it answers.
 */
export const LEAST_SPEED: LeastSpeed = { bytes: 32_768, windowMs: 10_000 };

interface SpeedWatch extends Disposable {
  /** Aborted when a window passed with too few bytes. */
  readonly signal: AbortSignal;
  count(bytes: number): void;
  /** No window counts that ends or begins within a pause. One pause at a time. */
  pause(): Disposable;
}

/** Watches one download, from now until it is disposed of. */
export function watchSpeed({ bytes: least, windowMs }: LeastSpeed): SpeedWatch {
  const tooSlow = new AbortController();
  let arrived = 0;
  let isPaused = false;
  let hadPause = false;
  const timer = setInterval(() => {
    if (!isPaused && !hadPause && arrived < least) tooSlow.abort();
    hadPause = isPaused;
    arrived = 0;
  }, windowMs);
  return {
    signal: tooSlow.signal,
    count: (bytes) => {
      arrived += bytes;
    },
    pause: () => {
      isPaused = true;
      return {
        [Symbol.dispose]: () => {
          isPaused = false;
        },
      };
    },
    [Symbol.dispose]: () => clearInterval(timer),
  };
}
