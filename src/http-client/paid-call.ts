/** What an answer's status, or the lack of an answer, says about a paid call to any vendor. */
import type { ErrorCode } from '../error-catalogue.ts';
import { TaskError } from '../errors.ts';
import { isRedirect } from './answer.ts';
import { TransportFailure } from './transport.ts';

/**
 * A proxy gave up waiting for the vendor (504; Cloudflare's 524) or lost its answer (520): the call
 * may have been carried out and billed.
 */
const LOST_BY_PROXY = [504, 520, 524];
/**
 * Key, credit, rights, address, model: no photo can cause them, and no call can succeed until a
 * person has acted.
 */
const REFUSALS = [401, 402, 403, 404, 405];
/** Not taken in, and fit to be sent again as it is: a slow upload, a lock, a replayed handshake. */
const NOT_TAKEN_IN = [408, 409, 425];

/** Null where the status alone says nothing: the request itself was at fault, or the answer is no error. */
export function codeOfStatus(status: number): ErrorCode | null {
  if (isRedirect(status) || REFUSALS.includes(status)) return 'PROVIDER_REFUSES_SERVICE';
  if (status === 429) return 'PROVIDER_BUSY';
  if (LOST_BY_PROXY.includes(status)) return 'PROVIDER_OUTCOME_UNKNOWN';
  // Rarely billed, and not known to be: the limit on paid calls per task bounds the damage.
  if (status >= 500 || NOT_TAKEN_IN.includes(status)) return 'PROVIDER_UNAVAILABLE';
  return null;
}

/**
 * The error of a call to which no answer came. Nothing can have been billed while the request had not
 * gone out. Afterwards it may have been, whether the connection broke, the time was up or the caller
 * gave up.
 */
export function unanswered(cause: unknown): TaskError {
  return cause instanceof TransportFailure && !cause.requestSent
    ? new TaskError('PROVIDER_UNAVAILABLE', { detail: 'not_reached', cause })
    : new TaskError('PROVIDER_OUTCOME_UNKNOWN', { cause });
}
