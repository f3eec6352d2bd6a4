/** What a bucket takes as an upload, and what is kept of one in addition to its bytes. */
import { createHash } from 'node:crypto';
import { invalidKey, mimeTypeRefused, tooLarge } from './storage-errors.ts';

export interface Bucket {
  readonly id: string;
  readonly name: string;
  readonly owner?: string;
  readonly public: boolean;
  readonly file_size_limit: number | null;
  readonly allowed_mime_types: string[] | null;
}

export interface Upload {
  readonly bucket: string;
  readonly name: string;
  readonly bytes: Buffer;
  readonly mimeType: string;
  readonly cacheControl: string;
  readonly replace: boolean;
}

/** Names with other characters are not keys that the real server takes. */
const INVALID_CHARACTER = /[^\w/!\-.*'() &$@=;:+,?]/;
const DOT_SEGMENT = /(^|\/)\.{1,2}(\/|$)/;

/** Throws where the real server takes no such name. */
export function checkName({ bucket, name }: Upload): void {
  if (INVALID_CHARACTER.test(name)) throw invalidKey(name);
  if (DOT_SEGMENT.test(name)) throw invalidKey(`${bucket}/${name} contains dot path segment`);
}

/** Throws where the upload is larger than the bucket allows, or of another type. */
export function checkLimits(bucket: Bucket, { bytes, mimeType }: Upload): void {
  if (bucket.file_size_limit !== null && bytes.length > bucket.file_size_limit) throw tooLarge();
  const allowed = bucket.allowed_mime_types;
  if (allowed === null || allowed.length === 0) return;
  const [type] = mimeType.split('/');
  if (!allowed.some((one) => one === mimeType || one === `${type}/*`)) {
    throw mimeTypeRefused(mimeType);
  }
}

export function metadataOf({ bytes, mimeType, cacheControl }: Upload): object {
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
