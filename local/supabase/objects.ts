/**
 * The stored objects: their rows in `storage.objects`, their bytes in files of the same path under
 * a folder, where people can look at them.
 */
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Pool } from 'pg';
import {
  alreadyExists,
  bucketNotFound,
  invalidKey,
  mimeTypeRefused,
  objectNotFound,
  tooLarge,
} from './storage-errors.ts';

export interface Bucket {
  readonly id: string;
  readonly name: string;
  readonly public: boolean;
  readonly file_size_limit: number | null;
  readonly allowed_mime_types: string[] | null;
}

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

export interface Upload {
  readonly bucket: string;
  readonly name: string;
  readonly bytes: Buffer;
  readonly mimeType: string;
  readonly cacheControl: string;
  readonly replace: boolean;
}

/** How to list a folder: entries of one level only. */
export interface Listing {
  readonly prefix?: string;
  readonly search?: string;
  readonly limit?: number;
  readonly offset?: number;
  readonly sortBy?: { column?: string; order?: string };
}

/** An object or, with every field but `name` null, a folder. */
export type ListEntry = Omit<StoredObject, 'bucket_id' | 'version'> | { name: string; id: null };

/** Names with these are not keys that the real server takes. */
const INVALID_NAME = /(^|\/)\.{0,2}(\/|$)|[^\w/!\-.*'() &$@=;:+,?]/;

export class Objects {
  readonly #pool: Pool;
  readonly #folder: string;

  constructor(pool: Pool, folder: string) {
    this.#pool = pool;
    this.#folder = folder;
  }

  /** Throws where there is no such bucket. */
  async bucket(id: string): Promise<Bucket> {
    const { rows } = await this.#pool.query<Bucket>(
      `select id, name, public, file_size_limit::int, allowed_mime_types
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

  /** Stores an object within the bucket's limits; `replace` decides about one that is there. */
  async put(upload: Upload): Promise<StoredObject> {
    const bucket = await this.bucket(upload.bucket);
    checkUpload(bucket, upload);
    if (!upload.replace && (await this.find(upload.bucket, upload.name))) throw alreadyExists();
    await this.#write(upload);
    const { rows } = await this.#pool.query<StoredObject>(
      `insert into storage.objects (bucket_id, name, metadata) values ($1, $2, $3)
       on conflict (bucket_id, name) do update
       set metadata = excluded.metadata, version = excluded.version, updated_at = now()
       returning *`,
      [upload.bucket, upload.name, metadataOf(upload)],
    );
    return rows[0] ?? raise(objectNotFound());
  }

  async find(bucket: string, name: string): Promise<StoredObject | undefined> {
    const { rows } = await this.#pool.query<StoredObject>(
      'select * from storage.objects where bucket_id = $1 and name = $2',
      [bucket, name],
    );
    return rows[0];
  }

  /** Throws where there is no such object. */
  async get(bucket: string, name: string): Promise<StoredObject> {
    return (await this.find(bucket, name)) ?? raise(objectNotFound());
  }

  read({ bucket_id, name }: StoredObject): Promise<Buffer> {
    return readFile(join(this.#folder, bucket_id, name));
  }

  /** Removes objects by name and returns what they were; unknown names are passed over. */
  async remove(bucket: string, names: string[]): Promise<StoredObject[]> {
    const { rows } = await this.#pool.query<StoredObject>(
      `delete from storage.objects where bucket_id = $1 and name = any ($2)
       returning name, bucket_id, '' as owner, '' as owner_id, version, id, updated_at, created_at,
         last_accessed_at, metadata, null as user_metadata`,
      [bucket, names],
    );
    for (const { name } of rows) await rm(join(this.#folder, bucket, name), { force: true });
    return rows;
  }

  /** The folders and objects directly under a prefix: folders first, as the real server has it. */
  async list(bucket: string, listing: Listing): Promise<ListEntry[]> {
    const column = SORT_COLUMNS.get(listing.sortBy?.column ?? 'name') ?? 'name';
    const direction = listing.sortBy?.order === 'desc' ? 'desc' : 'asc';
    const prefix = (listing.prefix ?? '').replace(/^\/+|\/+$/g, '');
    const { rows } = await this.#pool.query<ListEntry>(
      `with inside as (
         select *, substr(name, length($2) + 1) as rest
         from storage.objects where bucket_id = $1 and starts_with(name, $2)
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
       order by id is not null, ${column} ${direction}, name limit $4 offset $5`,
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

  /** A new file put in place at once, so that nobody reads half an object. */
  async #write({ bucket, name, bytes }: Upload): Promise<void> {
    const file = join(this.#folder, bucket, name);
    const draft = `${file}.${randomUUID()}`;
    await mkdir(dirname(file), { recursive: true });
    await writeFile(draft, bytes);
    await rename(draft, file);
  }
}

const SORT_COLUMNS = new Map(
  ['name', 'created_at', 'updated_at', 'last_accessed_at'].map((name) => [name, name]),
);

function checkUpload(bucket: Bucket, { name, bytes, mimeType }: Upload): void {
  if (INVALID_NAME.test(name)) throw invalidKey(name);
  if (bucket.file_size_limit !== null && bytes.length > bucket.file_size_limit) throw tooLarge();
  const allowed = bucket.allowed_mime_types;
  if (allowed && !allowed.includes(mimeType)) throw mimeTypeRefused(mimeType);
}

function metadataOf({ bytes, mimeType, cacheControl }: Upload): object {
  return {
    eTag: `"${createHash('md5').update(bytes).digest('hex')}"`,
    size: bytes.length,
    mimetype: mimeType,
    cacheControl,
    lastModified: new Date().toISOString(),
    contentLength: bytes.length,
    httpStatusCode: 200,
  };
}

function raise(error: Error): never {
  throw error;
}
