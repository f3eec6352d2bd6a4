/** Lets a few through at a time and a few more wait; everyone else is turned away at once. */

/** First come, first served. */
export class WaitingLine {
  readonly #maxWaiting: number;
  readonly #waiting = new Set<() => void>();
  #freePlaces: number;

  constructor(places: number, maxWaiting: number) {
    this.#freePlaces = places;
    this.#maxWaiting = maxWaiting;
  }

  /**
   * True when it is the caller's turn, who then must `leave`; false when the line is full.
   * An abort by `signal` while waiting rejects with its reason.
   */
  async enter(signal: AbortSignal): Promise<boolean> {
    signal.throwIfAborted();
    if (this.#freePlaces > 0) {
      this.#freePlaces -= 1;
      return true;
    }
    if (this.#waiting.size >= this.#maxWaiting) return false;
    await this.#wait(signal);
    return true;
  }

  /** Gives the place to the next in line. */
  leave(): void {
    const [next] = this.#waiting;
    if (next === undefined) this.#freePlaces += 1;
    else next();
  }

  #wait(signal: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const turn = () => {
      this.#waiting.delete(turn);
      signal.removeEventListener('abort', giveUp);
      resolve();
    };
    const giveUp = () => {
      this.#waiting.delete(turn);
      reject(signal.reason);
    };
    this.#waiting.add(turn);
    signal.addEventListener('abort', giveUp, { once: true });
    return promise;
  }
}
