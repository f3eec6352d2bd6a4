import assert from 'node:assert/strict';
import { it } from 'node:test';
import { takesType } from './schema-check.ts';

const bucket = (mimeTypes: readonly string[] | null) => ({
  isPublic: false,
  sizeLimit: null,
  mimeTypes,
});

/**
 * As supabase/storage reads `allowed_mime_types` (`fileUploadFromRequest` and `validateMimeType` in
 * src/storage/uploader.ts, version of 2026-08-21): null and empty take anything; family and subtype
 * are compared as they stand; only the subtype may be `*`.
 */
const TAKES_JPEG: readonly (readonly [readonly string[] | null, boolean])[] = [
  [null, true],
  [[], true],
  [['image/*'], true],
  [['image/jpeg'], true],
  [['image/png', 'image/jpeg'], true],
  [['image/png', 'image/*'], true],
  [['image/png'], false],
  [['video/*'], false],
  [['image/jpg'], false],
  [['image/JPEG'], false],
  [['*/*'], false],
  [['*'], false],
  [['image/jpeg; charset=utf-8'], false],
  [[''], false],
];

for (const [mimeTypes, takes] of TAKES_JPEG) {
  it(`a bucket of the types ${JSON.stringify(mimeTypes)} takes ${takes ? '' : 'no '}JPEG`, () => {
    assert.equal(takesType(bucket(mimeTypes), 'image/jpeg'), takes);
  });
}
