/**
 * Lets only so much happen at once. Work states its cost (bytes, or one for a slot) and waits,
 * first come first served, until that much of the capacity is free.
 */

interface Waiting {
  readonly cost: number;
  readonly start: () => void;
}

export class Semaphore {
  readonly #capacity: number;
  readonly #queue: Waiting[] = [];
  #free: number;

  constructor(capacity: number) {
    this.#capacity = capacity;
    this.#free = capacity;
  }

  /** Runs `work` as soon as `cost` is free. Work that costs more than everything runs alone. */
  async run<T>(cost: number, work: () => Promise<T>): Promise<T> {
    const taken = Math.min(cost, this.#capacity);
    await this.#take(taken);
    try {
      return await work();
    } finally {
      this.#free += taken;
      this.#startWaiting();
    }
  }

  #take(cost: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#queue.push({ cost, start: resolve });
    this.#startWaiting();
    return promise;
  }

  #startWaiting(): void {
    for (let next = this.#queue[0]; next && next.cost <= this.#free; next = this.#queue[0]) {
      this.#queue.shift();
      this.#free -= next.cost;
      next.start();
    }
  }
}
