/** Lets a few through at a time and a few more wait; everyone else is turned away at once. */

/**
 * First come, first served; patient callers go when no one else waits, one at a time unless one of them
 * would be turned away, since each further slot costs memory.
 */
export class WaitingLine {
  readonly #maxWaiting: number;
  readonly #maxPatient: number;
  readonly #waiting = new Set<() => void>();
  readonly #patient = new Set<() => void>();
  #freeSlots: number;
  #patientRunning = 0;

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
    const line = isPatient ? this.#patient : this.#waiting;
    const isFull = line.size >= (isPatient ? this.#maxPatient : this.#maxWaiting);
    if (isFull && this.#freeSlots === 0) return false;
    const turn = wait(line, signal);
    this.#admit();
    await turn;
    return true;
  }

  /** Gives the slot to the next in line; `isPatient` as for `enter`. */
  leave(isPatient = false): void {
    this.#freeSlots += 1;
    if (isPatient) this.#patientRunning -= 1;
    this.#admit();
  }

  get #hasSlotForPatient(): boolean {
    const areTooMany = this.#patient.size > this.#maxPatient;
    return this.#freeSlots > 0 && (this.#patientRunning === 0 || areTooMany);
  }

  #admit(): void {
    for (const next of this.#waiting) {
      if (this.#freeSlots === 0) return;
      this.#freeSlots -= 1;
      next();
    }
    for (const next of this.#patient) {
      if (!this.#hasSlotForPatient) return;
      this.#freeSlots -= 1;
      this.#patientRunning += 1;
      next();
    }
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
