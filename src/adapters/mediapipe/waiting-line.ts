/** Lets a few through at a time and a few more wait; everyone else is turned away at once. */

/** First come, first served; patient callers go when no one else waits. */
export class WaitingLine {
  readonly #maxWaiting: number;
  readonly #maxPatient: number;
  readonly #waiting = new Set<() => void>();
  readonly #patient = new Set<() => void>();
  #freeSlots: number;

  /** `maxPatient`: how many more may wait who go last. */
  constructor(slots: number, maxWaiting: number, maxPatient = 0) {
    this.#freeSlots = slots;
    this.#maxWaiting = maxWaiting;
    this.#maxPatient = maxPatient;
  }

  /**
   * True when it is the caller's turn, who then must `leave`; false when the line is full.
   * An abort by `signal` while waiting rejects with its reason.
   */
  async enter(signal: AbortSignal, isPatient = false): Promise<boolean> {
    signal.throwIfAborted();
    if (this.#freeSlots > 0) {
      this.#freeSlots -= 1;
      return true;
    }
    const line = isPatient ? this.#patient : this.#waiting;
    if (line.size >= (isPatient ? this.#maxPatient : this.#maxWaiting)) return false;
    await wait(line, signal);
    return true;
  }

  /** Gives the slot to the next in line. */
  leave(): void {
    const [next] = this.#waiting.size > 0 ? this.#waiting : this.#patient;
    if (next === undefined) this.#freeSlots += 1;
    else next();
  }
}

function wait(line: Set<() => void>, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const turn = () => {
    line.delete(turn);
    signal.removeEventListener('abort', giveUp);
    resolve();
  };
  const giveUp = () => {
    line.delete(turn);
    reject(signal.reason);
  };
  line.add(turn);
  signal.addEventListener('abort', giveUp, { once: true });
  return promise;
}
