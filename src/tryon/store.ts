/**
 * Where pictures lie, and the steps that put one there and hand out its link.
 */
import { TaskError } from '../errors.ts';
import type { ImageStore } from '../ports/image-store.ts';
import type { SessionRef } from '../ports/session.ts';

/**
 * The path of a session's picture; one session, one path. It must depend on no setting: an attempt
 * looks there for a picture that is paid for already.
 */
export function resultPath({ channel, ownerId, sessionId }: SessionRef): string {
  return channel === 'b2b'
    ? `stores/${ownerId}/generated/${sessionId}.jpg`
    : `generated/${ownerId}/${sessionId}.jpg`;
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
