/**
 * The private bucket as folders, for those who delete from it.
 */
import type { SupabaseClient } from '@supabase/supabase-js';
import { z } from 'zod';
import { TaskError } from '../../errors.ts';
import type { FolderEntry, PictureFolders } from '../../ports/retention.ts';
import { rowsOf } from './client.ts';
import { bucketFacts } from './schema-check.ts';

const date = z.string().nullish();
/** A folder has no id. */
const entry = z.object({
  id: z.string().nullable(),
  name: z.string(),
  created_at: date,
  updated_at: date,
});

/** What is asked for in one request. */
const LONGEST_PAGE = 1000;

export class SupabasePictureFolders implements PictureFolders {
  readonly #bucket: ReturnType<SupabaseClient['storage']['from']>;
  readonly #facts: () => ReturnType<typeof bucketFacts>;

  constructor(supabase: SupabaseClient, bucket: string) {
    this.#bucket = supabase.storage.from(bucket);
    this.#facts = () => bucketFacts(supabase, bucket);
  }

  async confirm(): Promise<void> {
    const facts = await this.#facts().catch((cause: unknown) => {
      throw new TaskError('STORAGE_UNAVAILABLE', { cause });
    });
    if (facts === null) throw new TaskError('STORAGE_UNAVAILABLE', { detail: 'no_bucket' });
  }

  async list(folder: string, offset: number): Promise<FolderEntry[]> {
    const sortBy = { column: 'name', order: 'asc' };
    const page = await this.#bucket.list(folder, { limit: LONGEST_PAGE, offset, sortBy });
    return rowsOf(entry, page).map(({ id, name, created_at, updated_at }) => ({
      name,
      storedAt: id === null ? null : latest(created_at, updated_at),
    }));
  }

  async remove(paths: readonly string[]): Promise<string[]> {
    if (paths.length === 0) return [];
    const removed = rowsOf(z.object({ name: z.string() }), await this.#bucket.remove([...paths]));
    return removed.map(({ name }) => name);
  }
}

/** A replaced object keeps its `created_at`: its bytes are as young as its `updated_at`. */
function latest(...dates: readonly (string | null | undefined)[]): Date {
  const times = dates.map((date) => Date.parse(date ?? '')).filter((time) => !Number.isNaN(time));
  // Without a date it counts as new, and is kept.
  return new Date(times.length > 0 ? Math.max(...times) : 8.64e15);
}
