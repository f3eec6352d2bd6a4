/**
 * The private bucket of photos and pictures in Supabase Storage.
 */
import { StorageApiError, type SupabaseClient } from '@supabase/supabase-js';
import { TaskError } from '../../errors.ts';
import type { ImageStore } from '../../ports.ts';
import { dataOf } from './client.ts';

/** Storage answers 400 and says the real status in the body. */
function isNotFound(error: Error | null): boolean {
  return error instanceof StorageApiError && (error.statusCode === '404' || error.status === 404);
}

export class SupabaseImageStore implements ImageStore {
  readonly #bucket: ReturnType<SupabaseClient['storage']['from']>;

  constructor(supabase: SupabaseClient, bucket: string) {
    this.#bucket = supabase.storage.from(bucket);
  }

  async put(path: string, jpeg: Uint8Array): Promise<void> {
    const options = { contentType: 'image/jpeg', upsert: true };
    dataOf(await this.#bucket.upload(path, Buffer.from(jpeg), options));
  }

  async sign(path: string, expiresInSeconds: number): Promise<string | null> {
    const answer = await this.#bucket.createSignedUrl(path, expiresInSeconds);
    if (isNotFound(answer.error)) return null;
    const link = dataOf(answer)?.signedUrl ?? '';
    // supabase-js makes a link of whatever the answer holds, even of nothing.
    if (URL.parse(link)?.pathname.endsWith(`/${path}`)) return link;
    throw new TaskError('STORAGE_UNAVAILABLE', { detail: 'no_link' });
  }

  async remove(path: string): Promise<void> {
    dataOf(await this.#bucket.remove([path]));
  }
}
