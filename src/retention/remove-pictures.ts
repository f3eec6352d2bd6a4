/**
 * Removes the pictures of one folder, page by page, without skipping any while the pages shift.
 */

import type { FolderEntry, PictureFolders } from '../ports/retention.ts';
import { kindOf, type PictureFolder } from './folders.ts';

export interface RemovalOrder {
  /** Only what was stored before this moment. */
  readonly before: Date;
  /** Only say what would be removed. */
  readonly dryRun: boolean;
  readonly signal: AbortSignal;
}

/** How many paths one request removes. */
const BATCH = 100;

/** Removes what the order names from one folder and yields the paths, batch by batch. */
export async function* removePictures(
  { path: folder, kind }: PictureFolder,
  order: RemovalOrder,
  pictures: PictureFolders,
): AsyncIterable<string[]> {
  let length: number;
  let offset = 0;
  do {
    if (order.signal.aborted) return;
    const page = await pictures.list(folder, offset);
    length = page.length;
    const old = page
      .filter((entry) => isStoredBefore(entry, order.before))
      .map(({ name }) => `${folder}/${name}`)
      .filter((path) => kindOf(path) === kind);
    const removed = order.dryRun ? old : await removeAll(old, pictures);
    if (removed.length > 0) yield removed;
    // What was removed has made room for what comes after it.
    offset += order.dryRun ? length : length - removed.length;
  } while (length > 0);
}

function isStoredBefore({ storedAt }: FolderEntry, before: Date): boolean {
  return storedAt !== null && storedAt.getTime() < before.getTime();
}

/** Removes the objects and returns the paths of those that were there. */
export async function removeAll(
  paths: readonly string[],
  pictures: PictureFolders,
): Promise<string[]> {
  const removed: string[] = [];
  for (let start = 0; start < paths.length; start += BATCH) {
    removed.push(...(await pictures.remove(paths.slice(start, start + BATCH))));
  }
  return removed;
}
