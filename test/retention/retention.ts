/** A shop with sessions and pictures of any age, and what deletes them. */

import type { Customer, TryOn } from '../../local/platform.ts';
import { BUCKET } from '../../local/stack.ts';
import { connectSupabase } from '../../src/adapters/supabase/client.ts';
import { SupabaseImageStore } from '../../src/adapters/supabase/image-store.ts';
import { SupabasePictureFolders } from '../../src/adapters/supabase/picture-folders.ts';
import { SupabasePictureLinks } from '../../src/adapters/supabase/picture-links.ts';
import type { PictureFolders } from '../../src/ports/retention.ts';
import type { EraseDeps } from '../../src/retention/erase.ts';
import { openShop, orderTryOn, rowOf, type Shop } from '../support/shop.ts';
import { removeObjects } from '../support/supabase/bucket.ts';

/** Hours: just expired, and just not. */
export const [OLD, YOUNG] = [6.1, 5.9];

export interface RetentionShop extends Shop {
  readonly deps: EraseDeps;
  /** The deps with folders that answer some calls otherwise. */
  depsWith(changes: Partial<PictureFolders>): EraseDeps;
  /** The deps with another bucket. */
  depsFor(bucket: string): EraseDeps;
  /** A session of so many hours ago. */
  tryOnOf(customer: Customer, hours: number, status?: string): Promise<TryOn>;
  /** The session's links to the person, the garment and the picture. */
  linksOf(tryOn: TryOn): Promise<unknown[]>;
  /** Removes all objects and sessions. */
  empty(): Promise<void>;
}

export async function openRetentionShop(): Promise<RetentionShop> {
  const shop = await openShop();
  const { database, supabase } = shop.stack;
  const client = connectSupabase(supabase.url, supabase.serviceRoleKey);
  const depsFor = (bucket: string) => ({
    pictures: new SupabasePictureFolders(client, bucket),
    links: new SupabasePictureLinks(client, supabase.url, BUCKET),
    imageStore: new SupabaseImageStore(client, BUCKET, 60),
  });
  const deps = depsFor(BUCKET);
  const { pictures } = deps;
  return {
    ...shop,
    deps,
    depsFor,
    depsWith: (changes) => ({
      ...deps,
      pictures: {
        confirm: () => pictures.confirm(),
        list: (folder, offset) => pictures.list(folder, offset),
        remove: (paths) => pictures.remove(paths),
        ...changes,
      },
    }),
    async tryOnOf(customer, hours, status = 'completed') {
      const tryOn = await orderTryOn(shop.platform, customer);
      const table = tryOn.channel === 'b2c' ? 'generation_sessions' : 'store_generation_sessions';
      await database.query(
        `update ${table} set status = $2, created_at = now() - $3 * interval '1 hour',
           generated_image_url = case when $2 = 'completed' then 'https://x.test/p.jpg' end
         where id = $1`,
        [tryOn.sessionId, status, hours],
      );
      return tryOn;
    },
    async linksOf(tryOn) {
      const row = await rowOf(shop, tryOn);
      return [row?.model_image_url, row?.outfit_image_url, row?.generated_image_url];
    },
    async empty() {
      await removeObjects(shop.stack);
      await database.query(
        'delete from generation_sessions; delete from store_generation_sessions',
      );
    },
  };
}
