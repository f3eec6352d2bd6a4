/**
 * The call slots of a process (WORKER_CONCURRENCY): an attempt holds one for its paid call alone, so
 * that the photos of the next tasks are prepared and finished pictures are stored meanwhile.
 * Decision 55.
 */

import { unlessAborted } from '../concurrency/unless-aborted.ts';
import { TaskError } from '../errors.ts';
import { type Limits, StoppingError } from './outcome.ts';

/**
 * The most attempts in addition to the calls. A process that completes 10 tasks a second, of which
 * each takes 0.8 s outside its call, has no more; and each of them holds its photos.
 */
const MOST_AHEAD = 8;

/** How many attempts run at once for so many calls at once. */
export function attemptsFor(calls: number): number {
  return calls + Math.min(Math.ceil(calls / 2), MOST_AHEAD);
}

/** A slot that is held; disposing of it again changes nothing. */
export type CallSlot = Disposable;

interface Waiting {
  readonly ownerId: string;
  readonly start: (slot: CallSlot) => void;
}

export class CallSlots {
  readonly limit: number;
  /** The owners of the calls under way, each as often as it has calls. */
  readonly #owners: string[] = [];
  /** In the order of arrival. */
  #waiting: Waiting[] = [];

  constructor(limit: number) {
    this.limit = limit;
  }

  /** Slots that are held; more than the limit while calls of an earlier process are collected. */
  get taken(): number {
    return this.#owners.length;
  }

  /** A slot, or null where none is free. */
  takeFree(ownerId: string): CallSlot | null {
    return this.taken < this.limit ? this.hold(ownerId) : null;
  }

  /**
   * Waits for a slot. The next free one goes to the owner that holds the fewest, and among equals to
   * who came first. Rejects with the signal's reason.
   */
  async take(ownerId: string, signal: AbortSignal): Promise<CallSlot> {
    const { promise, resolve } = Promise.withResolvers<CallSlot>();
    const waiting: Waiting = { ownerId, start: resolve };
    signal.throwIfAborted();
    this.#waiting.push(waiting);
    this.#startWaiting();
    try {
      return await unlessAborted(promise, signal);
    } catch (aborted) {
      if (this.#waiting.includes(waiting)) this.#waiting = without(this.#waiting, waiting);
      else (await promise)[Symbol.dispose]();
      throw aborted;
    }
  }

  /** A slot at once, beyond the limit too: for a call that is under way already. */
  hold(ownerId: string): CallSlot {
    this.#owners.push(ownerId);
    let isHeld = true;
    return {
      [Symbol.dispose]: () => {
        if (!isHeld) return;
        isHeld = false;
        this.#owners.splice(this.#owners.indexOf(ownerId), 1);
        this.#startWaiting();
      },
    };
  }

  #startWaiting(): void {
    while (this.taken < this.limit && this.#waiting.length > 0) {
      const next = this.#waiting.reduce((first, other) =>
        this.#heldBy(other.ownerId) < this.#heldBy(first.ownerId) ? other : first,
      );
      this.#waiting = without(this.#waiting, next);
      next.start(this.hold(next.ownerId));
    }
  }

  #heldBy(ownerId: string): number {
    return this.#owners.filter((owner) => owner === ownerId).length;
  }
}

function without(all: readonly Waiting[], one: Waiting): Waiting[] {
  return all.filter((other) => other !== one);
}

/**
 * Waits for a slot. Throws StoppingError once the process is to stop, and DEADLINE_EXCEEDED where none
 * is free before the deadline.
 */
export async function waitForSlot(
  slots: CallSlots,
  ownerId: string,
  stopping: AbortSignal,
  { deadlineMs, signal }: Limits,
): Promise<CallSlot> {
  const tooLate = AbortSignal.timeout(Math.max(0, deadlineMs - Date.now()));
  try {
    return await slots.take(ownerId, AbortSignal.any([signal, stopping, tooLate]));
  } catch (error) {
    if (stopping.aborted) throw new StoppingError();
    signal.throwIfAborted();
    throw new TaskError('DEADLINE_EXCEEDED', { detail: 'no_slot_in_time', cause: error });
  }
}
