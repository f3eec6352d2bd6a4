/**
 * The stored objects: their rows in `storage.objects`, their bytes in files under a folder, as
 * `<bucket>/<path>/<version>`.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Pool } from 'pg';
import { alreadyExists, bucketNotFound, internalError, objectNotFound } from './storage-errors.ts';
import { type Bucket, checkLimits, checkName, metadataOf, type Upload } from './uploads.ts';

export interface StoredObject {
  readonly id: string;
  readonly bucket_id: string;
  readonly name: string;
  readonly version: string;
  readonly created_at: Date;
  readonly updated_at: Date;
  readonly last_accessed_at: Date;
  readonly metadata: {
    readonly eTag: string;
    readonly size: number;
    readonly mimetype: string;
    readonly cacheControl: string;
  };
}

/** How to list a folder: entries of one level only. */
export interface Listing {
  readonly prefix: string;
  readonly search?: string;
  readonly limit?: number;
  readonly offset?: number;
  readonly sortBy?: { column?: string; order?: string };
}

/** An object or, with every field but `name` null, a folder. */
export type ListEntry = Omit<StoredObject, 'bucket_id' | 'version'> | { name: string; id: null };

/** The parameters of a route to one object. */
export interface ObjectPath {
  readonly bucket: string;
  readonly '*': string;
}

export class Objects {
  readonly #pool: Pool;
  readonly #folder: string;
  /** Per path, what was there when the first of the uploads that are under way began. */
  readonly #uploading = new Map<
    string,
    { count: number; old: Promise<StoredObject | undefined> }
  >();

  constructor(pool: Pool, folder: string) {
    this.#pool = pool;
    this.#folder = folder;
  }

  /** Throws where there is no such bucket. */
  async bucket(id: string): Promise<Bucket> {
    const { rows } = await this.#pool.query<Bucket>(
      `select id, name, '' as owner, public, file_size_limit::int, allowed_mime_types,
         created_at, updated_at
       from storage.buckets where id = $1`,
      [id],
    );
    return rows[0] ?? raise(bucketNotFound());
  }

  /** Makes a bucket. */
  async addBucket(bucket: Bucket): Promise<void> {
    const { rowCount } = await this.#pool.query(
      `insert into storage.buckets (id, name, public, file_size_limit, allowed_mime_types)
       values ($1, $2, $3, $4, $5) on conflict do nothing`,
      [bucket.id, bucket.name, bucket.public, bucket.file_size_limit, bucket.allowed_mime_types],
    );
    if (rowCount === 0) throw alreadyExists();
  }

  /**
   * Stores an object within the bucket's limits; `replace` decides about one that is there. Of
   * several that create one path at once, all succeed and the last one stays, as on the real server.
   */
  async put(upload: Upload): Promise<StoredObject> {
    checkName(upload);
    const path = `${upload.bucket}/${upload.name}`;
    const group = this.#uploading.get(path) ?? {
      count: 0,
      old: this.find(upload.bucket, upload.name),
    };
    this.#uploading.set(path, group);
    group.count += 1;
    try {
      const old = await group.old;
      checkLimits(await this.bucket(upload.bucket), upload);
      if (!upload.replace && old !== undefined) throw alreadyExists();
      return await this.#store(upload, old);
    } finally {
      group.count -= 1;
      if (group.count === 0) this.#uploading.delete(path);
    }
  }

  async #store(upload: Upload, old: StoredObject | undefined): Promise<StoredObject> {
    const version = randomUUID();
    await this.#write(upload, version);
    const { rows } = await this.#pool.query<StoredObject>(
      `insert into storage.objects (bucket_id, name, metadata, version) values ($1, $2, $3, $4)
       on conflict (bucket_id, name) do update
       set metadata = excluded.metadata, version = excluded.version, updated_at = now()
       returning *`,
      [upload.bucket, upload.name, metadataOf(upload), version],
    );
    if (old !== undefined) await rm(this.#fileOf(old), { force: true });
    return rows[0] ?? raise(objectNotFound());
  }

  async find(bucket: string, name: string): Promise<StoredObject | undefined> {
    const { rows } = await this.#pool.query<StoredObject>(
      `select id, bucket_id, name, version, created_at, updated_at, last_accessed_at, metadata
       from storage.objects where bucket_id = $1 and name = $2`,
      [bucket, name],
    );
    return rows[0];
  }

  /** Throws where there is no such object. */
  async get(bucket: string, name: string): Promise<StoredObject> {
    return (await this.find(bucket, name)) ?? raise(objectNotFound());
  }

  /** An object with its bytes. Throws where there is none, and where the row is there without bytes. */
  async open(bucket: string, name: string): Promise<{ found: StoredObject; bytes: Buffer }> {
    const found = await this.get(bucket, name);
    const bytes = await readFile(this.#fileOf(found)).catch(() => null);
    if (bytes !== null) return { found, bytes };
    const replaced = await this.get(bucket, name);
    if (replaced.version === found.version) throw internalError();
    return this.open(bucket, name);
  }

  #fileOf({ bucket_id, name, version }: StoredObject): string {
    return join(this.#folder, bucket_id, name, version);
  }

  /** Removes objects by name and returns what they were; unknown names are passed over. */
  async remove(bucket: string, names: string[]): Promise<StoredObject[]> {
    const { rows } = await this.#pool.query<StoredObject>(
      `delete from storage.objects where bucket_id = $1 and name = any ($2)
       returning name, bucket_id, '' as owner, '' as owner_id, version, id, updated_at, created_at,
         last_accessed_at, metadata, null as user_metadata`,
      [bucket, names],
    );
    for (const row of rows) await rm(this.#fileOf(row), { force: true });
    return rows;
  }

  /**
   * The folders and objects directly under a prefix, whose case does not count, by lower-case name.
   * None where there is no such bucket.
   */
  async list(bucket: string, listing: Listing): Promise<ListEntry[]> {
    const column = SORT_COLUMNS.find((name) => name === listing.sortBy?.column) ?? 'name';
    const direction = listing.sortBy?.order === 'desc' ? 'desc' : 'asc';
    const prefix = listing.prefix.replace(/^\/+|\/+$/g, '');
    const order = column === 'name' ? 'lower(name)' : column;
    const { rows } = await this.#pool.query<ListEntry>(
      `with inside as (
         select *, substr(name, length($2) + 1) as rest
         from storage.objects where bucket_id = $1 and starts_with(lower(name), lower($2))
       ), entry as (
         select distinct split_part(rest, '/', 1) as name, null::uuid as id,
           null::timestamptz as updated_at, null::timestamptz as created_at,
           null::timestamptz as last_accessed_at, null::jsonb as metadata
         from inside where rest like '%/%'
         union all
         select rest, id, updated_at, created_at, last_accessed_at, metadata
         from inside where rest not like '%/%'
       )
       select * from entry where starts_with(lower(name), lower($3))
       order by ${order} ${direction}, name limit $4 offset $5`,
      [
        bucket,
        prefix === '' ? '' : `${prefix}/`,
        listing.search ?? '',
        listing.limit ?? 100,
        listing.offset ?? 0,
      ],
    );
    return rows;
  }

  /** Under its version, so that no one reads half an object, and a name may be a folder's too. */
  async #write({ bucket, name, bytes }: Upload, version: string): Promise<void> {
    const folder = join(this.#folder, bucket, name);
    try {
      await mkdir(folder, { recursive: true });
      await writeFile(join(folder, version), bytes);
    } catch {
      throw internalError();
    }
  }
}

export const SORT_COLUMNS = ['name', 'updated_at', 'created_at', 'last_accessed_at'];

function raise(error: Error): never {
  throw error;
}
