/**
 * How many requests of this process may be under way to one endpoint, so that one that does not
 * answer leaves the slots of the others free.
 */

/** Of a process, per endpoint. */
const SLOTS = 8;
/** While its last request failed. */
const SLOTS_WHILE_FAILING = 2;
/** What a request is taken to last before one has ended. */
const FIRST_GUESS_MS = 200;

/** A slot of an endpoint. */
export interface Slot {
  /** Frees it; the next ones are shared out by how this one ended, and when. */
  release(isSuccess: boolean, nowMs: number): void;
}

interface Load {
  running: number;
  isFailing: boolean;
  lastedMs: number;
  /** Callers without a slot return one after the other; the last of them at this time. */
  lastReturnMs: number;
}

export class EndpointSlots {
  readonly #loads = new Map<string, Load>();

  /** A slot, or the milliseconds after which to ask again. `nowMs`: of a clock that only goes forward. */
  take(endpoint: string, nowMs: number): Slot | number {
    const load = this.#loadOf(endpoint);
    const slots = load.isFailing ? SLOTS_WHILE_FAILING : SLOTS;
    if (load.running >= slots) {
      load.lastReturnMs = Math.max(load.lastReturnMs, nowMs) + load.lastedMs / slots;
      return Math.ceil(load.lastReturnMs - nowMs);
    }
    load.running += 1;
    return {
      release: (isSuccess, endedMs) => {
        load.running -= 1;
        load.isFailing = !isSuccess;
        load.lastedMs = Math.max(1, endedMs - nowMs);
      },
    };
  }

  #loadOf(endpoint: string): Load {
    const known = this.#loads.get(endpoint);
    if (known !== undefined) return known;
    const load = { running: 0, isFailing: false, lastedMs: FIRST_GUESS_MS, lastReturnMs: 0 };
    this.#loads.set(endpoint, load);
    return load;
  }
}
