/**
 * Where pictures lie, and the steps that put one there and hand out its link.
 */
import sharp from 'sharp';
import { TaskError } from '../errors.ts';
import type { ImageStore, SessionRef } from '../ports.ts';

const JPEG_QUALITY = 92;

/** The path of a session's picture; one session, one path. */
export function resultPath({ channel, ownerId, sessionId }: SessionRef): string {
  return channel === 'b2b'
    ? `stores/${ownerId}/generated/${sessionId}.jpg`
    : `generated/${ownerId}/${sessionId}.jpg`;
}

/** The vendor's picture as a real JPEG without metadata; PROVIDER_MALFORMED when it does not decode. */
export async function asJpeg(image: Uint8Array): Promise<Uint8Array> {
  try {
    return await sharp(image, { failOn: 'error', limitInputPixels: 50_000_000 })
      .toColourspace('srgb')
      .flatten({ background: '#ffffff' })
      .jpeg({ quality: JPEG_QUALITY })
      .toBuffer();
  } catch (cause) {
    throw new TaskError('PROVIDER_MALFORMED', { cause });
  }
}

/** The link to a session's stored picture, or null when none is stored. */
export function linkToStored(ref: SessionRef, store: ImageStore): Promise<string | null> {
  return store.sign(resultPath(ref));
}

/** Stores the picture and returns the link to it, having seen that it is there. */
export async function storePicture(
  ref: SessionRef,
  jpeg: Uint8Array,
  store: ImageStore,
): Promise<string> {
  await store.put(resultPath(ref), jpeg);
  const link = await linkToStored(ref, store);
  if (link === null) throw new TaskError('STORAGE_UNAVAILABLE', { detail: 'object_missing' });
  return link;
}
