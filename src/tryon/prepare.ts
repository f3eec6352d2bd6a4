/**
 * The photos of a task, fetched and made ready for the image model.
 */

import { startCountdown } from '../concurrency/countdown.ts';
import { msSince } from '../concurrency/ms-since.ts';
import { Semaphore } from '../concurrency/semaphore.ts';
import { ofImage, TaskError } from '../errors.ts';
import type { ByteBudget } from '../images/byte-budget.ts';
import { freeBuffer } from '../images/free-buffer.ts';
import type { RecordEvent } from '../ports/events.ts';
import type { ImageFetcher } from '../ports/image-fetcher.ts';
import type { NamedImage } from '../ports/image-provider.ts';
import type { Task } from '../ports/session.ts';
import { nameImages } from './prompt.ts';
import { prepareImage } from './resize.ts';

export interface PrepareDeps {
  readonly fetcher: ImageFetcher;
  /** The bytes of photos that the process holds before they are decoded. */
  readonly downloads: ByteBudget;
  /** The bytes that all decoding of the process may take at once. */
  readonly decodeMemory: Semaphore;
  readonly record: RecordEvent;
}

/** The hosts of a task's photos have this long together. */
const DOWNLOADS_MS = 30_000;
/** So that one task cannot take all connections. */
const DOWNLOADS_AT_ONCE = 4;

/**
 * Downloads the photos and prepares each as soon as it is there. Throws INVALID_IMAGE,
 * IMAGE_UNAVAILABLE or STORAGE_UNAVAILABLE, with the image it is about. The first final error ends
 * the other downloads; a transient one is thrown after they have ended, since a dead link among them
 * fails the task now. After either no more photos are decoded.
 */
export async function prepare(
  task: Task,
  deps: PrepareDeps,
  signal: AbortSignal,
): Promise<NamedImage[]> {
  const startedAtMs = performance.now();
  using run = new Preparation(deps, signal);
  const jpegs = await run.all(task.imageUrls);
  const downloadMs = Math.round(run.downloadedAtMs - startedAtMs);
  const resizeMs = msSince(run.downloadedAtMs);
  deps.record({ event: 'images_prepared', task, count: jpegs.length, downloadMs, resizeMs });
  return nameImages(jpegs);
}

/** One run over the photos of a task. */
class Preparation implements Disposable {
  /** When the last download so far ended. */
  downloadedAtMs = performance.now();
  readonly #deps: PrepareDeps;
  /** The hosts' time; it stands still while a download waits for its bytes, which is not the photos' fault. */
  readonly #clock = startCountdown(DOWNLOADS_MS);
  readonly #slots = new Semaphore(DOWNLOADS_AT_ONCE);
  /** Aborts at the first final error. */
  readonly #stopDownloads = new AbortController();
  /** Aborts at the first error. */
  readonly #stopDecodes = new AbortController();
  readonly #signal: AbortSignal;

  constructor(deps: PrepareDeps, signal: AbortSignal) {
    this.#deps = deps;
    this.#signal = signal;
  }

  async all(urls: readonly string[]): Promise<Uint8Array[]> {
    const failed = (at: number) => (error: unknown) => {
      const named = error instanceof TaskError ? ofImage(error, at, urls.length) : error;
      if (isFinal(named)) this.#stopDownloads.abort(named);
      this.#stopDecodes.abort(named);
      throw named;
    };
    const results = await Promise.allSettled(urls.map((url, at) => this.#photo(url, failed(at))));
    this.#signal.throwIfAborted();
    this.#stopDownloads.signal.throwIfAborted();
    this.#stopDecodes.signal.throwIfAborted();
    return results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  }

  async #photo(url: string, failed: (error: unknown) => never): Promise<Uint8Array> {
    using held = this.#deps.downloads.open();
    const take = async (bytes: number) => {
      using _standsStill = this.#clock.pause();
      await held.take(bytes);
    };
    const file = await this.#slots.run(1, () => this.#download(url, take).catch(failed));
    this.downloadedAtMs = performance.now();
    const signal = AbortSignal.any([this.#signal, this.#stopDecodes.signal]);
    const jpeg = await prepareImage(file, this.#deps.decodeMemory, signal).catch(failed);
    freeBuffer(file);
    return jpeg;
  }

  async #download(url: string, take: (bytes: number) => Promise<void>): Promise<Uint8Array> {
    const signal = AbortSignal.any([this.#signal, this.#stopDownloads.signal]);
    signal.throwIfAborted();
    const timeoutMs = this.#clock.leftMs;
    if (timeoutMs <= 0) throw new TaskError('IMAGE_UNAVAILABLE', { detail: 'timeout' });
    return await this.#deps.fetcher.fetch(url, { timeoutMs, signal, take });
  }

  [Symbol.dispose](): void {
    this.#clock[Symbol.dispose]();
  }
}

function isFinal(error: unknown): boolean {
  return !(error instanceof TaskError) || error.kind === 'final';
}
