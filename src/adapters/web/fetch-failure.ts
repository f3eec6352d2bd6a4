/**
 * Translates what can go wrong under a download (DNS, TCP, TLS, HTTP) into the error catalogue,
 * once. The original error travels as `cause` only: its text may hold links and hosts.
 */

import { TaskError } from '../../errors.ts';
import { isRedirect } from '../../http-client/answer.ts';

/** The host does not exist, cannot prove who it is, or does not speak HTTP: a retry cannot help. */
const FINAL_CODES = [
  /^ENOTFOUND$/,
  /^ENODATA$/,
  /^EBADNAME$/,
  /^ERR_INVALID_URL$/,
  /^ERR_TLS_/,
  /^ERR_SSL_/,
  /^CERT_/,
  /^(DEPTH_ZERO_)?SELF_SIGNED_CERT/,
  /^UNABLE_TO_(GET_ISSUER|VERIFY_LEAF)/,
  /^HTTPParserError$/,
  /^UND_ERR_HEADERS_OVERFLOW$/,
];

/**
 * The catalogue's error for a download that threw `error`; a TaskError stays as it is. A trusted
 * origin is ours: that its name or its certificate fails is an outage, never the link's fault.
 */
export function translateFailure(error: unknown, trusted: boolean): TaskError {
  if (error instanceof TaskError) return error;
  const code = errorCode(error);
  if (!trusted && FINAL_CODES.some((pattern) => pattern.test(code))) {
    return new TaskError('INVALID_IMAGE', { detail: 'unreachable', cause: error });
  }
  return new TaskError('IMAGE_UNAVAILABLE', { detail: 'connection', cause: error });
}

/** Null for 200, the only answer that can hold the image. Redirects are refused, to any target. */
export function failureOfStatus(status: number): TaskError | null {
  if (status === 200) return null;
  if (isRedirect(status)) return new TaskError('INVALID_IMAGE', { detail: 'refused' });
  if (status >= 500 || [408, 425, 429].includes(status)) {
    return new TaskError('IMAGE_UNAVAILABLE', { detail: 'status' });
  }
  return new TaskError('INVALID_IMAGE', { detail: 'unreachable' });
}

/** The error's code, or its name where it has none, as undici's parser errors. */
function errorCode(error: unknown): string {
  if (!(error instanceof Error)) return '';
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}
