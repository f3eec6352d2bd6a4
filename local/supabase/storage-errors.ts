/**
 * Errors of the storage API. The real server answers nearly all of them with HTTP 400 and the true
 * status inside: `{ statusCode, error, message, code }`.
 */

import { DatabaseError } from 'pg';

export class StorageError extends Error {
  override readonly name = 'StorageError';
  readonly body: { statusCode: string; error: string; message: string; code: string };

  constructor(statusCode: string, error: string, message: string, code: string) {
    super(message);
    this.body = { statusCode, error, message, code };
  }

  /** The HTTP status: 400 around nearly every status. */
  get status(): number {
    const { statusCode } = this.body;
    return ['416', '500', '544'].includes(statusCode) ? Number(statusCode) : 400;
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

const DATABASE_TIMEOUT = 'The connection to the database timed out';
const READ_ONLY = 'The database is currently in read-only mode. Please try again later.';
const OUT_OF_SYNC = 'The database schema is out of sync. Please run migrations or contact support.';

/** By SQLSTATE: a statement that took too long, a read-only transaction, a missing column or table. */
const DATABASE_ERRORS: Readonly<Record<string, readonly [status: string, string, string]>> = {
  57014: ['544', 'DatabaseTimeout', DATABASE_TIMEOUT],
  25006: ['503', 'DatabaseReadOnly', READ_ONLY],
  42703: ['503', 'DatabaseSchemaMismatch', OUT_OF_SYNC],
  '42P01': ['503', 'DatabaseSchemaMismatch', OUT_OF_SYNC],
};

/** What the server says of an error of its database; of any other that it did not foresee, nothing. */
export function unforeseenError(cause: unknown): StorageError {
  if (!(cause instanceof DatabaseError)) return internalError();
  const { code = '' } = cause;
  const [status, name, message] = DATABASE_ERRORS[code] ?? [
    '500',
    'DatabaseError',
    `database error, code: ${code}`,
  ];
  return new StorageError(status, name, message, name);
}
