/**
 * Quarantine of jobs whose process died while they ran. One of them may have been the cause, so each
 * prepares its photos while no other attempt of the process is past its own checks: should it kill
 * the process again, no other's paid call dies with it, and the culprit is known. Decision 25.
 */

import { unlessAborted } from '../concurrency/unless-aborted.ts';
import type { Job } from '../ports/jobs.ts';

/** Whether the job ran when its process died, and has not run alone since. */
export function isSuspect({ stalls, journal: { quarantine } }: Job): boolean {
  return stalls > 0 && !(quarantine?.state === 'passed' && quarantine.stalls === stalls);
}

/** Whether the process died again while the job ran alone. */
export function hasDiedAlone({ stalls, journal: { quarantine } }: Job): boolean {
  return quarantine?.state === 'alone' && quarantine.stalls < stalls;
}

/** A lock of the process: held by many together, or by one alone. Who waits to be alone goes first. */
export class Quarantine {
  #together = 0;
  #isAlone = false;
  #suspects = 0;
  #change = Promise.withResolvers<void>();

  /** Waits until no one is alone or waits to be. Rejects with the signal's reason. */
  async enter(signal: AbortSignal): Promise<Disposable> {
    while (this.#suspects > 0) await unlessAborted(this.#change.promise, signal);
    this.#together += 1;
    return {
      [Symbol.dispose]: () => {
        this.#together -= 1;
        this.#changed();
      },
    };
  }

  /** Runs the action while nothing else does. Rejects with the signal's reason. */
  async alone<T>(signal: AbortSignal, action: () => Promise<T>): Promise<T> {
    this.#suspects += 1;
    try {
      while (this.#together > 0 || this.#isAlone) {
        await unlessAborted(this.#change.promise, signal);
      }
      this.#isAlone = true;
      return await action().finally(() => {
        this.#isAlone = false;
      });
    } finally {
      this.#suspects -= 1;
      this.#changed();
    }
  }

  #changed(): void {
    this.#change.resolve();
    this.#change = Promise.withResolvers();
  }
}
