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

  /** The HTTP status: 400 around nearly every status. */
  get status(): number {
    return ['416', '500'].includes(this.body.statusCode) ? Number(this.body.statusCode) : 400;
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
  new StorageError('400', 'InvalidSignature', 'Invalid signature', 'InvalidSignature');

export const invalidKey = (name: string) =>
  new StorageError('400', 'InvalidKey', `Invalid key: ${name}`, 'InvalidKey');

export const invalidRange = () =>
  new StorageError('416', 'invalid_range', 'invalid range provided', 'InvalidRange');

export const accessDenied = (message: string) =>
  new StorageError('403', 'Unauthorized', message, 'AccessDenied');

export const invalidRequest = (message: string, error = 'Error') =>
  new StorageError('400', error, message, 'InvalidRequest');

/** An error that the server did not foresee, such as one of its disk. */
export const internalError = () =>
  new StorageError('500', 'Internal', 'Internal Server Error', 'InternalError');
