/**
 * Erasing one owner's pictures at once, whatever their age, with a proof that they are gone.
 */
import { TaskError } from '../errors.ts';
import type { ImageStore } from '../ports/image-store.ts';
import type { Owner, PictureFolders } from '../ports/retention.ts';
import { foldersOf, kindOf, PLACEHOLDER } from './folders.ts';
import type { RetentionDeps } from './janitor.ts';
import { removeAll, removePictures } from './remove-pictures.ts';

export interface EraseDeps extends RetentionDeps {
  readonly imageStore: Pick<ImageStore, 'sign' | 'put'>;
}

/** What was erased, and what was found when everything was looked up again afterwards. */
interface ErasureProof extends Owner {
  readonly dryRun: boolean;
  readonly removed: readonly string[];
  /** Looked up again after the removal: empty when the erasure is complete. */
  readonly stillThere: readonly string[];
  readonly rowsMarked: number;
  /** Sessions under way, whose pictures may still come: erase again when they have ended. */
  readonly unfinished: readonly string[];
}

const TEST_FILE = 'erasure-trial.jpg';
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
  await deps.pictures.confirm();
  const { signal } = new AbortController();
  const everything = { before: END_OF_TIME, dryRun, signal };
  const removed: string[] = [];
  for (const folder of foldersOf(owner)) {
    for await (const paths of removePictures(folder, everything, deps.pictures)) {
      removed.push(...paths);
    }
  }
  const uploads = await uploadsNamedInRows(owner, deps);
  removed.push(...(dryRun ? uploads : await removeAll(uploads, deps.pictures)));
  if (!dryRun && removed.length === 0) await eraseTestFile(owner, deps);
  const stillThere = [...(await leftIn(owner, deps.pictures)), ...(await thereOf(uploads, deps))];
  const rows = { ...owner, before: END_OF_TIME };
  const rowsMarked =
    dryRun || stillThere.length === 0 ? await deps.links.markExpired(rows, dryRun, signal) : 0;
  if (!dryRun && stillThere.length === 0) await deps.links.clearAccessories(owner);
  const unfinished = await deps.links.unfinishedOf(owner);
  return { ...owner, dryRun, removed, stillThere, rowsMarked, unfinished };
}

/** Only a person's: what a row of a store names lies in the store's own folders. */
async function uploadsNamedInRows(owner: Owner, deps: EraseDeps): Promise<string[]> {
  if (owner.channel === 'b2b') return [];
  const paths = (await deps.links.pathsOf(owner)).filter((p) => kindOf(p) === 'person_uploads');
  return thereOf([...new Set(paths)], deps);
}

/**
 * Where no picture was seen, one is stored, found and removed in the owner's folder: a listing that
 * shows nothing proves nothing by itself.
 */
async function eraseTestFile(owner: Owner, { pictures, imageStore }: EraseDeps): Promise<void> {
  const [folder] = foldersOf(owner);
  const path = `${folder?.path}/${TEST_FILE}`;
  await imageStore.put(path, new Uint8Array(1));
  const isListed = (await pictures.list(folder?.path ?? '', 0)).some(
    ({ name }) => name === TEST_FILE,
  );
  const removed = await pictures.remove([path]);
  if (isListed && removed.includes(path)) return;
  throw new TaskError('STORAGE_UNAVAILABLE', { detail: 'erasure_unproven' });
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
  for (const { path } of foldersOf(owner)) {
    const entries = await pictures.list(path, 0);
    const names = entries.map(({ name }) => name).filter((name) => !PLACEHOLDER.test(name));
    left.push(...names.map((name) => `${path}/${name}`));
  }
  return left;
}
