/**
 * The janitor: keeps the promise that photos and pictures are deleted after a few hours, and marks
 * the rows whose links are dead by then. Everything may be run again, and in parallel with itself.
 */

import type { PictureFolders, PictureLinks } from '../ports/retention.ts';
import type { Channel } from '../ports/session.ts';
import { everyFolder, type PictureFolder, type PictureKind } from './folders.ts';
import { type RemovalOrder, removePictures } from './remove-pictures.ts';

export interface RetentionDeps {
  readonly pictures: PictureFolders;
  readonly links: PictureLinks;
}

/** What one sweep did; with `dryRun`, what it would have done. */
export interface SweepReport {
  readonly dryRun: boolean;
  /** ISO 8601: what was stored before. */
  readonly before: string;
  readonly removed: Readonly<Record<PictureKind, number>>;
  readonly rowsMarked: Readonly<Record<Channel, number>>;
  /** Whether every folder was swept; no row is marked otherwise. */
  readonly complete: boolean;
  /** One for each folder that could not be swept; no row is marked when there is any. */
  readonly errors: readonly Error[];
}

/** Folders that are swept at the same time. */
const FOLDERS_AT_ONCE = 4;
/** After so many failed folders we assume an outage: the next sweep continues. */
const MOST_ERRORS = 5;

/**
 * Removes every picture stored before `before`, then marks the rows created before it. Rows are
 * marked only after all pictures are gone, because a row is the one trace of whose a photo was.
 */
export async function sweep(order: RemovalOrder, deps: RetentionDeps): Promise<SweepReport> {
  const removed = { person_results: 0, store_results: 0, store_uploads: 0, person_uploads: 0 };
  const errors: Error[] = [];
  await deps.pictures.confirm();
  // In another order each time, so that a sweep that is cut short leaves no folder out for ever.
  const folders = shuffled(await everyFolder(deps.pictures));
  const sweepSome = async () => {
    while (errors.length < MOST_ERRORS && !order.signal.aborted) {
      const folder = folders.pop();
      if (folder === undefined) return;
      await sweepFolder(folder, order, deps.pictures, (count) => {
        removed[folder.kind] += count;
      }).catch((error: Error) => errors.push(error));
    }
  };
  await Promise.all(Array.from({ length: FOLDERS_AT_ONCE }, sweepSome));
  const complete = errors.length === 0 && folders.length === 0 && !order.signal.aborted;
  const rowsMarked = complete ? await markRows(order, deps.links) : { b2b: 0, b2c: 0 };
  const { dryRun, before } = order;
  return { dryRun, before: before.toISOString(), removed, rowsMarked, complete, errors };
}

function shuffled<T>(items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, at: Math.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}

async function sweepFolder(
  folder: PictureFolder,
  order: RemovalOrder,
  pictures: PictureFolders,
  note: (count: number) => void,
): Promise<void> {
  for await (const paths of removePictures(folder, order, pictures)) note(paths.length);
}

async function markRows(
  { before, dryRun, signal }: RemovalOrder,
  links: PictureLinks,
): Promise<Record<Channel, number>> {
  const mark = (channel: Channel) =>
    links.markExpired({ channel, before, ownerId: null }, dryRun, signal);
  return { b2b: await mark('b2b'), b2c: await mark('b2c') };
}
