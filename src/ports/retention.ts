/**
 * What retention needs from outside: the bucket as folders, and the links in the session rows.
 * Every method throws a TaskError `STORAGE_UNAVAILABLE` and nothing else.
 */
import type { Channel } from './session.ts';

/** An entry of a folder. */
export interface FolderEntry {
  readonly name: string;
  /** When its bytes were last written; null for a folder. */
  readonly storedAt: Date | null;
}

/** The bucket of photos and pictures as folders. Paths are relative to it, without slashes at the ends. */
export interface PictureFolders {
  /**
   * Returns when the bucket itself answers. A bucket that does not exist and a key without rights
   * list and remove as if all were gone, so nothing is called so without this. Throws otherwise.
   */
  confirm(): Promise<void>;
  /**
   * One page of the entries directly in the folder, by name, from `offset` on; empty after the last
   * one. A short page is no sign of the end: the server may list fewer than were asked for.
   */
  list(folder: string, offset: number): Promise<FolderEntry[]>;
  /** Removes up to 100 objects at once and returns the paths of those that were there. */
  remove(paths: readonly string[]): Promise<string[]>;
}

/** Whose pictures: a person's (b2c) or a store's (b2b). */
export interface Owner {
  readonly channel: Channel;
  readonly ownerId: string;
}

/** Which rows: those created before, of everyone or of one owner. */
export interface RowSelection {
  readonly channel: Channel;
  readonly before: Date;
  readonly ownerId: string | null;
}

/** The links to photos and pictures in the session rows. */
export interface PictureLinks {
  /**
   * Overwrites the links of completed and failed sessions with the literal `expired`, page by page,
   * until the signal; returns how many rows had one. Repeatable. A dry run only counts.
   */
  markExpired(rows: RowSelection, dryRun: boolean, signal: AbortSignal): Promise<number>;
  /** Empties the accessories, which are links, of an owner's completed and failed sessions. */
  clearAccessories(owner: Owner): Promise<void>;
  /** The paths in the bucket that the links of an owner's sessions lead to. */
  pathsOf(owner: Owner): Promise<string[]>;
  /** The sessions of an owner that are not terminal. */
  unfinishedOf(owner: Owner): Promise<string[]>;
}
