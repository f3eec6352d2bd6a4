/**
 * The links to photos and pictures in the platform's session rows. `expired` is what the platform
 * itself writes over them when the pictures are gone.
 */
import type { SupabaseClient } from '@supabase/supabase-js';
import { z } from 'zod';
import type { Owner, PictureLinks, RowSelection } from '../../ports/retention.ts';
import { TERMINAL, UNFINISHED } from '../../ports/session.ts';
import { dataOf, TABLES } from './client.ts';
import { pagesById, rowsById } from './pages.ts';

const EXPIRED = 'expired';
const LINK_COLUMNS = ['model_image_url', 'outfit_image_url', 'generated_image_url'] as const;
/** So many ids still fit into the address of an UPDATE. */
const IDS_AT_ONCE = 100;

const idRow = z.object({ id: z.string() });
const link = z.string().nullable();
const linkRow = z.object({
  id: z.string(),
  model_image_url: link,
  outfit_image_url: link,
  generated_image_url: link,
  accessories: z.unknown().optional(),
});
type LinkRow = z.infer<typeof linkRow>;

export class SupabasePictureLinks implements PictureLinks {
  readonly #supabase: SupabaseClient;
  /** Begins every link to an object. */
  readonly #objects: string;
  readonly #bucket: string;

  constructor(supabase: SupabaseClient, supabaseUrl: string, bucket: string) {
    this.#supabase = supabase;
    this.#objects = new URL(`${supabaseUrl}/storage/v1/object/`).href;
    this.#bucket = bucket;
  }

  async markExpired(rows: RowSelection, dryRun: boolean, signal: AbortSignal): Promise<number> {
    let marked = 0;
    for await (const page of pagesById(idRow, () => this.#rowsWithLinks(rows), IDS_AT_ONCE)) {
      if (signal.aborted) break;
      const ids = page.map(({ id }) => id);
      if (!dryRun) await this.#overwrite(rows.channel, ids);
      marked += ids.length;
    }
    return marked;
  }

  async clearAccessories({ channel, ownerId }: Owner): Promise<void> {
    // Rows of stores have none.
    if (channel === 'b2b') return;
    const { sessions, owner } = TABLES[channel];
    const update = this.#supabase.from(sessions).update({ accessories: [] });
    dataOf(await update.eq(owner, ownerId).in('status', TERMINAL).not('accessories', 'is', null));
  }

  async pathsOf(owner: Owner): Promise<string[]> {
    const columns = ['id', ...LINK_COLUMNS, ...(owner.channel === 'b2c' ? ['accessories'] : [])];
    const query = () => this.#rowsOf(owner, columns);
    const rows = await Array.fromAsync(rowsById(linkRow, query));
    return rows.flatMap(linksIn).flatMap((link) => this.#pathIn(link) ?? []);
  }

  unfinishedOf(owner: Owner): Promise<string[]> {
    const query = () => this.#rowsOf(owner, ['id']).in('status', UNFINISHED);
    return Array.fromAsync(rowsById(idRow, query), ({ id }) => id);
  }

  #rowsOf({ channel, ownerId }: Owner, columns: readonly string[]) {
    const { sessions, owner } = TABLES[channel];
    return this.#supabase.from(sessions).select(columns.join(',')).eq(owner, ownerId);
  }

  #rowsWithLinks({ channel, before, ownerId }: RowSelection) {
    const { sessions, owner } = TABLES[channel];
    const query = this.#supabase
      .from(sessions)
      .select('id')
      .in('status', TERMINAL)
      .lt('created_at', before.toISOString())
      .or(LINK_COLUMNS.map((column) => `${column}.neq.${EXPIRED}`).join(','));
    return ownerId === null ? query : query.eq(owner, ownerId);
  }

  /** A link that was never there stays null: comparing null with anything holds for no row. */
  async #overwrite(channel: RowSelection['channel'], ids: readonly string[]): Promise<void> {
    for (const column of LINK_COLUMNS) {
      dataOf(
        await this.#supabase
          .from(TABLES[channel].sessions)
          .update({ [column]: EXPIRED })
          .in('id', ids)
          .in('status', TERMINAL)
          .neq(column, EXPIRED),
      );
    }
  }

  /** `…/storage/v1/object/sign/<bucket>/<path>?token=…` → path; null for a link to anywhere else. */
  #pathIn(link: string): string | null {
    const { origin, pathname } = URL.parse(link) ?? {};
    const place = `${origin}${pathname}`;
    const [, bucket, ...path] = place.slice(this.#objects.length).split('/');
    if (!place.startsWith(this.#objects) || bucket !== this.#bucket) return null;
    try {
      return decodeURIComponent(path.join('/'));
    } catch {
      return null;
    }
  }
}

function linksIn({ accessories, ...row }: LinkRow): string[] {
  const worn = Array.isArray(accessories) ? accessories.map((item) => item?.url) : [];
  const links: unknown[] = [...LINK_COLUMNS.map((column) => row[column]), ...worn];
  return links.filter((link) => typeof link === 'string');
}
