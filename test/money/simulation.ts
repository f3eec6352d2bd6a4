/**
 * Virtual time: everything that waits, waits here, and the earliest goes on. `Date` shows the same
 * time, so that the worker's own code runs in it.
 */
import { mock } from 'node:test';
import { randomFrom } from '../support/random.ts';

export class Simulation implements Disposable {
  readonly random: () => number;
  #now: number;
  readonly #startMs: number;
  #order = 0;
  readonly #waiting: { atMs: number; order: number; wake: () => void }[] = [];
  #failure: unknown;

  constructor(startMs: number, seed: number) {
    this.#now = startMs;
    this.#startMs = startMs;
    this.random = randomFrom(seed);
    mock.timers.enable({ apis: ['Date'], now: startMs });
  }

  get elapsedMs(): number {
    return this.#now - this.#startMs;
  }

  get nowMs(): number {
    return this.#now;
  }

  /** A whole number from `least` to `most`. */
  between(least: number, most: number): number {
    return least + Math.floor(this.random() * (most - least + 1));
  }

  sleep(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#order += 1;
    this.#waiting.push({ atMs: this.#now + ms, order: this.#order, wake: resolve });
    return promise;
  }

  sleepUntil(atMs: number): Promise<void> {
    return this.sleep(Math.max(atMs - this.#now, 0));
  }

  /** Begins what goes on by itself; an error of it ends the simulation. */
  start(actor: () => Promise<void>): void {
    actor().catch((error: unknown) => {
      this.#failure ??= error;
    });
  }

  /** Lets time pass until `endMs`. */
  async run(endMs: number): Promise<void> {
    for (;;) {
      // Runs everything that can proceed without time passing.
      await new Promise(setImmediate);
      if (this.#failure !== undefined) throw this.#failure;
      this.#waiting.sort((a, b) => a.atMs - b.atMs || a.order - b.order);
      const next = this.#waiting.shift();
      if (next === undefined || next.atMs > endMs) return;
      this.#now = next.atMs;
      mock.timers.setTime(next.atMs);
      next.wake();
    }
  }

  [Symbol.dispose](): void {
    mock.timers.reset();
  }
}
