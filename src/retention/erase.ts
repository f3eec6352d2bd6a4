/**
 * Erasing one owner's pictures at once, whatever their age, with a proof that they are gone.
 */
import type { ImageStore } from '../ports.ts';
import type { RetentionDeps } from './janitor.ts';
import { kindOf, placesOf } from './places.ts';
import type { Owner, PictureFolders } from './ports.ts';
import { removeAll, removePictures } from './remove-pictures.ts';

export interface EraseDeps extends RetentionDeps {
  readonly imageStore: Pick<ImageStore, 'sign'>;
}

/** What was erased, and what was found when everything was looked up again afterwards. */
export interface ErasureProof extends Owner {
  readonly dryRun: boolean;
  readonly removed: readonly string[];
  /** Looked up again after the removal: empty when the erasure is complete. */
  readonly stillThere: readonly string[];
  readonly rowsMarked: number;
  /** Sessions under way, whose pictures may still come: erase again when they have ended. */
  readonly unfinished: readonly string[];
}

/** Later than anything, and a date that the database can read. */
const END_OF_TIME = new Date('9999-12-31');

/**
 * Removes an owner's results and uploads and marks the rows. A person's uploads lie in a folder
 * that all people share; they are found by the links in the person's rows.
 */
export async function eraseOwner(
  owner: Owner,
  dryRun: boolean,
  deps: EraseDeps,
): Promise<ErasureProof> {
  const { signal } = new AbortController();
  const everything = { before: END_OF_TIME, dryRun, signal };
  const removed: string[] = [];
  for (const place of placesOf(owner)) {
    for await (const paths of removePictures(place, everything, deps.pictures)) {
      removed.push(...paths);
    }
  }
  const uploads = await uploadsNamedInRows(owner, deps);
  removed.push(...(dryRun ? uploads : await removeAll(uploads, deps.pictures)));
  const stillThere = [...(await leftIn(owner, deps.pictures)), ...(await thereOf(uploads, deps))];
  const rows = { ...owner, before: END_OF_TIME };
  const rowsMarked =
    dryRun || stillThere.length === 0 ? await deps.links.markExpired(rows, dryRun, signal) : 0;
  const unfinished = await deps.links.unfinishedOf(owner);
  return { ...owner, dryRun, removed, stillThere, rowsMarked, unfinished };
}

/** Only a person's: what a row of a store names lies in the store's own folders. */
async function uploadsNamedInRows(owner: Owner, deps: EraseDeps): Promise<string[]> {
  if (owner.channel === 'b2b') return [];
  const paths = (await deps.links.pathsOf(owner)).filter((p) => kindOf(p) === 'person_uploads');
  return thereOf([...new Set(paths)], deps);
}

async function thereOf(paths: readonly string[], { imageStore }: EraseDeps): Promise<string[]> {
  const there: string[] = [];
  for (const path of paths) {
    if ((await imageStore.sign(path)) !== null) there.push(path);
  }
  return there;
}

async function leftIn(owner: Owner, pictures: PictureFolders): Promise<string[]> {
  const left: string[] = [];
  for (const { folder } of placesOf(owner)) {
    const entries = await pictures.list(folder, 0);
    left.push(...entries.map(({ name }) => `${folder}/${name}`));
  }
  return left;
}
