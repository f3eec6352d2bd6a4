/**
 * What the report on the checks has made before: views of pictures and dressed pictures, in
 * `.cache/picture-check`. A key names a picture's bytes and the release of what was made of them;
 * delete the folder when the pose engine changes.
 */
import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import { deflateSync, inflateSync } from 'node:zlib';
import { loadPoseModels } from '../../src/adapters/mediapipe/models.ts';
import { viewPicture } from '../../src/adapters/mediapipe/view-picture.ts';
import type { PictureView } from '../../src/ports/picture-views.ts';

const CACHE = join(import.meta.dirname, '../../.cache/picture-check');
export const MODEL_FOLDER = join(import.meta.dirname, '../../models');

export function sha256(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** The value kept under `key`, or the one made now. */
export async function remembered<T>(key: string, make: () => Promise<T>): Promise<T> {
  const path = join(CACHE, sha256(key).slice(0, 32));
  const kept = await readFile(path).catch(() => null);
  if (kept !== null) return deserialize(inflateSync(kept)) as T;
  const made = await make();
  await mkdir(CACHE, { recursive: true });
  await writeFile(path, deflateSync(serialize(made), { level: 1 }));
  return made;
}

const models = Promise.withResolvers<Awaited<ReturnType<typeof loadPoseModels>>>();
let loading = false;

/** What the pose engine sees of a picture; null where it does not decode. */
export function viewOf(picture: Uint8Array): Promise<PictureView | null> {
  return remembered(`view 1 ${sha256(picture)}`, async () => {
    if (!loading) {
      loading = true;
      loadPoseModels(MODEL_FOLDER).then(models.resolve, models.reject);
    }
    const sessions = await models.promise;
    return viewPicture(sessions, picture).catch(() => null);
  });
}
