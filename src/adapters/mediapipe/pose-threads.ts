/**
 * The threads of the pose pool. One is always there and computes with two cores; the others come while it
 * is busy and have one core each (decision 63).
 */
import { availableParallelism } from 'node:os';
import { Piscina } from 'piscina';
import type { PoseReply, PoseRequest, PoseTask } from './pose-thread.ts';

/** A thread holds some 90 MB of models: a further one that has had no photos for this long ends. */
const IDLE_THREAD_MS = 60_000;

const CORES_OF_FIRST = Math.min(2, availableParallelism());

export class PoseThreads {
  readonly #first: Piscina<PoseTask, PoseReply>;
  /** Null where there is one thread only. */
  readonly #others: Piscina<PoseTask, PoseReply> | null;
  #firstIsBusy = false;

  /** At most `threads`; `onError` is called when one dies. */
  constructor(threads: number, onError: (error: unknown) => void) {
    this.#first = startPool({ minThreads: 1, maxThreads: 1 }, onError);
    this.#others =
      threads > 1 ? startPool({ minThreads: 0, maxThreads: threads - 1 }, onError) : null;
  }

  /** Runs a request in the first thread when that is free. */
  async run(request: PoseRequest): Promise<PoseReply> {
    if (this.#firstIsBusy && this.#others !== null) {
      return this.#others.run({ ...request, cores: 1 });
    }
    this.#firstIsBusy = true;
    try {
      return await this.#first.run({ ...request, cores: CORES_OF_FIRST });
    } finally {
      this.#firstIsBusy = false;
    }
  }

  /** To be called when no request is running any more. */
  async close(): Promise<void> {
    await Promise.all([this.#first.close(), this.#others?.close()]);
  }
}

function startPool(
  threads: { readonly minThreads: number; readonly maxThreads: number },
  onError: (error: unknown) => void,
): Piscina<PoseTask, PoseReply> {
  const pool = new Piscina<PoseTask, PoseReply>({
    filename: new URL('./pose-thread.ts', import.meta.url).href,
    ...threads,
    idleTimeout: IDLE_THREAD_MS,
  });
  pool.on('error', onError);
  return pool;
}
