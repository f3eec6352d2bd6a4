/**
 * Bounds the bytes of pictures that the process holds between their arrival and their decoding. A
 * download takes its bytes as they arrive and pauses while none are free, so that hosts which
 * deliver slowly hold little. One download at a time may go on without free bytes: that one ends,
 * gives its bytes back, and no two ever wait for each other.
 */

/** For all photos under way; one download may exceed it, by its own size. */
export const DOWNLOAD_BUDGET_BYTES = 48 * 1024 * 1024;

/** What one picture holds; disposing of it gives everything back. */
export interface Holding extends Disposable {
  /** Resolves as soon as the bytes may be kept. Never resolves after disposal. */
  take(bytes: number): Promise<void>;
}

interface Waiting {
  readonly holding: Holding;
  readonly bytes: number;
  readonly admit: () => void;
}

export class ByteBudget {
  #free: number;
  #waiting: Waiting[] = [];
  /** The one that may exceed the budget. */
  #exempt: Holding | null = null;

  constructor(capacityBytes: number) {
    this.#free = capacityBytes;
  }

  /** For one picture; holds nothing yet. */
  open(): Holding {
    let held = 0;
    const holding: Holding = {
      take: async (bytes) => {
        await this.#admit(holding, bytes);
        held += bytes;
      },
      [Symbol.dispose]: () => {
        this.#free += held;
        held = 0;
        if (this.#exempt === holding) this.#exempt = null;
        this.#waiting = this.#waiting.filter((waiting) => waiting.holding !== holding);
        this.#admitWaiting();
      },
    };
    return holding;
  }

  #admit(holding: Holding, bytes: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push({ holding, bytes, admit: resolve });
    this.#admitWaiting();
    return promise;
  }

  /** In order of arrival, except that nothing holds up the exempt one. */
  #admitWaiting(): void {
    const left: Waiting[] = [];
    for (const waiting of this.#waiting) {
      const { holding, bytes, admit } = waiting;
      const mustWait = left.length > 0 || bytes > this.#free;
      if (mustWait) this.#exempt ??= holding;
      if (mustWait && holding !== this.#exempt) {
        left.push(waiting);
        continue;
      }
      this.#free -= bytes;
      admit();
    }
    this.#waiting = left;
  }
}
