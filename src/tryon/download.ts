/**
 * The step that fetches all images of a task at once.
 */

import { TaskError } from '../errors.ts';
import type { ImageFetcher } from '../ports.ts';
import { Semaphore } from './semaphore.ts';

/** So that one task cannot take all connections and memory. */
const DOWNLOADS_AT_ONCE = 4;

export interface DownloadOptions {
  /** For each image. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/**
 * The bytes behind `urls`, in their order. The first final error ends the other downloads and
 * is thrown. A transient one is thrown only after the rest is done: a dead link among them
 * settles the task now, and a retry could not help it.
 */
export async function downloadImages(
  urls: readonly string[],
  fetcher: ImageFetcher,
  { timeoutMs, signal }: DownloadOptions,
): Promise<Uint8Array[]> {
  const stop = new AbortController();
  const options = { timeoutMs, signal: AbortSignal.any([signal, stop.signal]) };
  const slots = new Semaphore(DOWNLOADS_AT_ONCE);
  const download = async (url: string) => {
    options.signal.throwIfAborted();
    return fetcher.fetch(url, options).catch((error: unknown) => {
      if (isFinal(error)) stop.abort(error);
      throw error;
    });
  };
  const results = await Promise.allSettled(urls.map((url) => slots.run(1, () => download(url))));
  options.signal.throwIfAborted();
  return results.map(valueOrThrow);
}

function isFinal(error: unknown): boolean {
  return !(error instanceof TaskError) || error.kind === 'final';
}

function valueOrThrow<T>(result: PromiseSettledResult<T>): T {
  if (result.status === 'rejected') throw result.reason;
  return result.value;
}
