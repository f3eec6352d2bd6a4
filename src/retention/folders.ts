/**
 * The folders whose pictures are deleted. Nothing outside these four kinds is ever removed.
 */
import type { FolderEntry, Owner, PictureFolders } from '../ports/retention.ts';

/** What lies in `generated/<person>`, `stores/<store>/generated`, `stores/<store>/uploads` and `uploads`. */
export type PictureKind = 'person_results' | 'store_results' | 'store_uploads' | 'person_uploads';

export interface PictureFolder {
  readonly kind: PictureKind;
  readonly path: string;
}

const PERSON_UPLOADS: PictureFolder = { kind: 'person_uploads', path: 'uploads' };

const PATHS: readonly (readonly [PictureKind, RegExp])[] = [
  ['person_results', /^generated\/[^/]+\/[^/]+$/],
  ['store_results', /^stores\/[^/]+\/generated\/[^/]+$/],
  ['store_uploads', /^stores\/[^/]+\/uploads\/[^/]+$/],
  ['person_uploads', /^uploads\/[^/]+$/],
];
/** What Supabase Studio keeps an empty folder with. It is listed like an object and is no picture. */
export const PLACEHOLDER = /(^|\/)\.emptyFolderPlaceholder$/;

/** Which kind of picture the path is one of; null for everything that is not to be touched. */
export function kindOf(path: string): PictureKind | null {
  if (PLACEHOLDER.test(path) || /(^|\/)\.{1,2}(\/|$)/.test(path)) return null;
  return PATHS.find(([, pattern]) => pattern.test(path))?.[0] ?? null;
}

/** The folders that exist now. Read to the end first: a folder is gone once it is empty. */
export async function everyFolder(pictures: PictureFolders): Promise<PictureFolder[]> {
  const persons = await foldersIn('generated', pictures);
  const stores = await foldersIn('stores', pictures);
  return [
    PERSON_UPLOADS,
    ...persons.map((id): PictureFolder => ({ kind: 'person_results', path: `generated/${id}` })),
    ...stores.flatMap(foldersOfStore),
  ];
}

/** The folders that hold no one else's pictures. A person's uploads have none of their own. */
export function foldersOf({ channel, ownerId }: Owner): PictureFolder[] {
  return channel === 'b2b'
    ? foldersOfStore(ownerId)
    : [{ kind: 'person_results', path: `generated/${ownerId}` }];
}

function foldersOfStore(storeId: string): PictureFolder[] {
  return [
    { kind: 'store_results', path: `stores/${storeId}/generated` },
    { kind: 'store_uploads', path: `stores/${storeId}/uploads` },
  ];
}

async function foldersIn(folder: string, pictures: PictureFolders): Promise<string[]> {
  const entries: FolderEntry[] = [];
  let page: readonly FolderEntry[];
  do {
    page = await pictures.list(folder, entries.length);
    entries.push(...page);
  } while (page.length > 0);
  return entries.filter(({ storedAt }) => storedAt === null).map(({ name }) => name);
}
