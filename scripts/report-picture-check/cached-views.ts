/**
 * Views and dressed pictures, kept in `.cache/picture-check` between runs. A key names a picture's
 * bytes and the release of what was made of them; delete the folder when the pose engine changes.
 */
import { join } from 'node:path';
import { loadPoseModels, type PoseSessions, sha256 } from '../../src/adapters/mediapipe/models.ts';
import { viewPicture } from '../../src/adapters/mediapipe/view-picture.ts';
import type { PictureView } from '../../src/ports/picture-views.ts';
import { MODEL_FOLDER } from '../pose-models.ts';
import { remembered } from '../remembered.ts';

const CACHE = join(import.meta.dirname, '../../.cache/picture-check');

/** The value kept under `key`, or the one made now. */
export function cached<T>(key: string, make: () => Promise<T>): Promise<T> {
  return remembered(join(CACHE, sha256(Buffer.from(key)).slice(0, 32)), make);
}

let models: Promise<PoseSessions> | undefined;

/** What the pose engine sees of a picture; null where it does not decode. */
export function viewOf(picture: Uint8Array): Promise<PictureView | null> {
  return cached(`view 1 ${sha256(picture)}`, async () => {
    models ??= loadPoseModels(MODEL_FOLDER);
    const sessions = await models;
    return viewPicture(sessions, picture).catch(() => null);
  });
}
