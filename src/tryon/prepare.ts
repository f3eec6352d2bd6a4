/**
 * The photos of a task, fetched and made ready for the image model.
 */
import type { ImageFetcher, NamedImage, RecordEvent, Task } from '../ports.ts';
import { downloadImages } from './download.ts';
import { nameImages } from './prompt.ts';
import { prepareImage } from './resize.ts';
import type { Semaphore } from './semaphore.ts';

export interface PrepareDeps {
  readonly fetcher: ImageFetcher;
  /** The bytes that all decoding of the process may take at once. */
  readonly decodeMemory: Semaphore;
  readonly record: RecordEvent;
}

/** One photo may take this long, from the first byte sent to the last one received. */
const DOWNLOAD_TIMEOUT_MS = 30_000;

/** Downloads and resizes in parallel; throws INVALID_IMAGE or IMAGE_UNAVAILABLE. */
export async function prepare(
  task: Task,
  deps: PrepareDeps,
  signal: AbortSignal,
): Promise<NamedImage[]> {
  const startedAtMs = Date.now();
  const options = { timeoutMs: DOWNLOAD_TIMEOUT_MS, signal };
  const photos = await downloadImages(task.imageUrls, deps.fetcher, options);
  const downloadedAtMs = Date.now();
  const jpegs = await Promise.all(
    photos.map((photo) => prepareImage(photo, deps.decodeMemory, signal)),
  );
  const downloadMs = downloadedAtMs - startedAtMs;
  const resizeMs = Date.now() - downloadedAtMs;
  deps.record({ event: 'images_prepared', task, count: jpegs.length, downloadMs, resizeMs });
  return nameImages(jpegs);
}
