/**
 * The private bucket of photos and pictures in Supabase Storage.
 */
import { createHash } from 'node:crypto';
import type { SupabaseClient } from '@supabase/supabase-js';
import { TaskError } from '../../errors.ts';
import type { ImageStore } from '../../ports/image-store.ts';
import { dataOf, saysMissing } from './client.ts';

/** The type of stored pictures. */
export const PICTURE_TYPE = 'image/jpeg';
const UPLOAD = { contentType: PICTURE_TYPE, upsert: true };
/** Outside the folders of photos and pictures. */
const TEST_PATH = 'upload-trial.jpg';
const TEST_BYTES = 256 * 1024;

export class SupabaseImageStore implements ImageStore {
  readonly #bucket: ReturnType<SupabaseClient['storage']['from']>;
  readonly #linkSeconds: number;

  /** Links that it signs work for `linkSeconds`. */
  constructor(supabase: SupabaseClient, bucket: string, linkSeconds: number) {
    this.#bucket = supabase.storage.from(bucket);
    this.#linkSeconds = linkSeconds;
  }

  async put(path: string, jpeg: Uint8Array): Promise<void> {
    const { buffer, byteOffset, byteLength } = jpeg;
    // A view: bytes that are no Buffer would be sent as a form.
    const body = Buffer.from(buffer, byteOffset, byteLength);
    const answer = await this.#bucket.upload(path, body, UPLOAD).catch(asError);
    // An upload whose answer was lost, or that says "Duplicate", may have stored the picture.
    if (answer.error !== null && !(await this.#holds(path, jpeg))) dataOf(answer);
  }

  async sign(path: string): Promise<string | null> {
    const answer = await this.#bucket.createSignedUrl(path, this.#linkSeconds).catch(asError);
    if (saysMissing(answer.error, 'Object not found')) return null;
    const link = dataOf(answer)?.signedUrl ?? '';
    // supabase-js makes a link of whatever the answer holds, even of nothing.
    if (pathnameOf(link).endsWith(`/${path}`)) return link;
    throw new TaskError('STORAGE_UNAVAILABLE', { detail: 'no_link' });
  }

  async remove(paths: readonly string[]): Promise<void> {
    if (paths.length > 0) dataOf(await this.#bucket.remove([...paths]));
  }

  /** Stores bytes of about a picture's size and removes them. Throws STORAGE_UNAVAILABLE. */
  async tryUpload(): Promise<void> {
    dataOf(await this.#bucket.upload(TEST_PATH, Buffer.alloc(TEST_BYTES), UPLOAD).catch(asError));
    // What stays is replaced by the next test.
    await this.#bucket.remove([TEST_PATH]);
  }

  /** Whether these very bytes are stored at `path`, by size and MD5 checksum. False when unknown. */
  async #holds(path: string, jpeg: Uint8Array): Promise<boolean> {
    const { data } = await this.#bucket.info(path).catch(asError);
    if (data?.size !== jpeg.byteLength) return false;
    // Only an ETag of this form is a checksum of the bytes; multipart and encrypted ones are not.
    const md5 = /^(?:W\/)?"([\da-f]{32})"$/.exec(data.etag ?? '')?.[1];
    return md5 === undefined || md5 === createHash('md5').update(jpeg).digest('hex');
  }
}

/** supabase-js throws where `null` was answered in place of an object. */
function asError(error: Error) {
  return { data: null, error };
}

/** The link's path with its names as they are stored: links carry a space as `%20`. */
function pathnameOf(link: string): string {
  try {
    return decodeURIComponent(URL.parse(link)?.pathname ?? '');
  } catch {
    return '';
  }
}
