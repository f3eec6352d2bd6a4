/**
 * The bucket behind a local stack, filled and read in its database: for objects of any age and in
 * any number.
 */
import { BUCKET, type LocalStack } from '../../../local/stack.ts';

type Database = Pick<LocalStack, 'database'>;

/** Inserts objects that were stored `ageHours` ago. They have no bytes. */
export async function storeObjects(
  { database }: Database,
  paths: readonly string[],
  ageHours: number,
): Promise<void> {
  await database.query(
    `insert into storage.objects (bucket_id, name, metadata, created_at, updated_at)
     select $1, path, '{"mimetype": "image/jpeg", "size": 0}', stored, stored
     from unnest($2::text[]) as path, (select now() - $3 * interval '1 hour' as stored) as age`,
    [BUCKET, paths, ageHours],
  );
}

/** The paths of all objects, sorted. */
export async function objectPaths({ database }: Database): Promise<string[]> {
  const { rows } = await database.query('select name from storage.objects where bucket_id = $1', [
    BUCKET,
  ]);
  return rows.map(({ name }) => String(name)).sort();
}

/** Empties the bucket. */
export async function removeObjects({ database }: Database): Promise<void> {
  await database.query('delete from storage.objects');
}
