/**
 * Errors of the storage API. The real server answers nearly all of them with HTTP 400 and the true
 * status inside: `{ statusCode, error, message, code }`.
 */

export class StorageError extends Error {
  override readonly name = 'StorageError';
  readonly body: { statusCode: string; error: string; message: string; code: string };

  constructor(statusCode: string, error: string, message: string, code: string) {
    super(message);
    this.body = { statusCode, error, message, code };
  }
}

export const objectNotFound = () =>
  new StorageError('404', 'not_found', 'Object not found', 'NoSuchKey');

export const bucketNotFound = () =>
  new StorageError('404', 'Bucket not found', 'Bucket not found', 'NoSuchBucket');

export const alreadyExists = () =>
  new StorageError('409', 'Duplicate', 'The resource already exists', 'KeyAlreadyExists');

export const tooLarge = () =>
  new StorageError(
    '413',
    'Payload too large',
    'The object exceeded the maximum allowed size',
    'EntityTooLarge',
  );

export const mimeTypeRefused = (type: string) =>
  new StorageError(
    '415',
    'invalid_mime_type',
    `mime type ${type} is not supported`,
    'InvalidMimeType',
  );

export const tokenRefused = (message: string) =>
  new StorageError('400', 'InvalidJWT', message, 'InvalidJWT');

export const linkRefused = () =>
  new StorageError(
    '400',
    'InvalidSignature',
    'The url do not match the signature',
    'InvalidSignature',
  );

export const invalidKey = (name: string) =>
  new StorageError('400', 'InvalidKey', `Invalid key: ${name}`, 'InvalidKey');
