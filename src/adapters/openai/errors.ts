/**
 * Maps the vendor's errors to the worker's own. What counts is `error.code` and
 * `error.type`; the status alone decides only where they say nothing.
 */
import { APIError, APIUserAbortError } from 'openai';
import type { ErrorCode } from '../../error-catalogue.ts';
import { TaskError } from '../../errors.ts';
import { isRedirect } from '../../http-client/answer.ts';
import { codeOfStatus, unanswered } from '../../http-client/paid-call.ts';
import { TransportFailure } from '../../http-client/transport.ts';
import { retryAfterMs } from '../../retry-after.ts';

/** The vendor's `error` object, as far as it can be relied on; absent fields are empty. */
interface VendorError {
  readonly status: number | undefined;
  readonly code: string;
  readonly type: string;
  /** The parameter at fault, without an index: `image` for `image[0]`. */
  readonly param: string;
  readonly message: string;
  /** The code inside `innererror`, where Azure says which policy it was. */
  readonly innerCode: string;
}

/** OpenAI's codes, then those of Azure's and other gateways' content filters. */
const SAFETY_CODES = [
  'moderation_blocked',
  'content_policy_violation',
  'content_filter',
  'contentFilter',
  'ResponsibleAIPolicyViolation',
];
const SAFETY_TEXT = /safety|moderation|content.policy/i;
/** Parameters of a call that come from our configuration, not from the customer. */
const OWN_PARAMETERS = [
  'model',
  'n',
  'quality',
  'size',
  'complexity',
  'input_fidelity',
  'output_format',
  'safety_identifier',
];
/**
 * Gateways name the parameter only in the text: "Unknown parameter: 'safety_identifier'." Read at
 * the start alone, since the rest may quote the customer's prompt.
 */
const PARAMETER_IN_TEXT =
  /^(?:unknown|unsupported|unrecognized|invalid) (?:request )?(?:parameter|argument)s?\b[^'"]{0,40}['"](\w+)['"]/i;
const BUSY_CODES = ['rate_limit_exceeded', 'slow_down', 'server_is_overloaded'];
/** The account cannot pay or may not: no task can succeed until a person has acted. */
const REFUSAL_CODES = [
  'insufficient_quota',
  'credit_balance_exhausted',
  'organization_spend_limit_exceeded',
  'project_spend_limit_exceeded',
  'organization_usage_limit_exceeded',
  'billing_hard_limit_reached',
  'billing_not_active',
  'invalid_api_key',
];
const STATUS_BY_TYPE: Readonly<Record<string, number>> = {
  invalid_request_error: 400,
  image_generation_user_error: 400,
  authentication_error: 401,
  permission_error: 403,
  rate_limit_error: 429,
};

/** The `detail` of PROVIDER_REFUSES_SERVICE when the vendor does not offer the model (any more). */
export const MODEL_GONE = 'model_gone';
/** Its `detail` when the address of the call is not known there: the base URL is wrong. */
export const NO_ROUTE = 'no_route';

/** What a failed call means, whatever it threw. */
export function translateError(error: unknown): TaskError {
  if (error instanceof TaskError) return error;
  const failure = transportFailureIn(error);
  if (failure !== undefined) return unanswered(failure);
  if (error instanceof APIUserAbortError) return unanswered(error);
  if (error instanceof SyntaxError) return malformed('not_json');
  if (error instanceof APIError && (error.status ?? error.error) !== undefined) {
    return translateAnswer(error);
  }
  return new TaskError('INTERNAL', { cause: error });
}

/** The answer was a success by its status, but is unusable. */
export function malformed(detail: string): TaskError {
  return new TaskError('PROVIDER_MALFORMED', { detail });
}

/** A safety block that is reported in the body of a 200, or null when there is none. */
export function refusalIn(body: unknown): TaskError | null {
  const vendor = readVendorError(undefined, (body as { error?: unknown } | null)?.error);
  return isSafetyBlock(vendor) ? new TaskError('MODERATION_BLOCKED') : null;
}

function transportFailureIn(error: unknown): TransportFailure | undefined {
  if (error instanceof TransportFailure) return error;
  return error instanceof Error ? transportFailureIn(error.cause) : undefined;
}

function translateAnswer(error: APIError): TaskError {
  const vendor = readVendorError(error.status ?? statusOfStreamed(error), error.error);
  const code = codeFor(vendor);
  const retryable = code === 'PROVIDER_BUSY' || code === 'PROVIDER_UNAVAILABLE';
  const waitMs = retryable ? retryAfterMs(error.headers ?? new Headers()) : undefined;
  return new TaskError(code, {
    ...(waitMs === undefined ? {} : { retryAfterMs: waitMs }),
    detail: code === 'PROVIDER_REFUSES_SERVICE' ? refusalDetail(vendor) : null,
    cause: describe(vendor, error.requestID),
  });
}

/** The status that an error inside a stream would have had as an answer, by its type. */
function statusOfStreamed({ type }: APIError): number {
  return STATUS_BY_TYPE[type ?? ''] ?? 500;
}

function refusalDetail(vendor: VendorError): string | null {
  if (vendor.code === 'model_not_found' || vendor.param === 'model') return MODEL_GONE;
  if (isOwnParameter(vendor)) return 'configuration';
  return saysNoRoute(vendor) ? NO_ROUTE : null;
}

/** A redirect, 404 and 405 mean a wrong OPENAI_BASE_URL, or a model that the vendor does not name. */
function saysNoRoute({ status = 0 }: VendorError): boolean {
  return isRedirect(status) || status === 404 || status === 405;
}

/** The table of the vendor's signals, most telling first. */
function codeFor(vendor: VendorError): ErrorCode {
  const status = vendor.status ?? 0;
  if (isSafetyBlock(vendor)) return 'MODERATION_BLOCKED';
  if (names(vendor, REFUSAL_CODES)) return 'PROVIDER_REFUSES_SERVICE';
  if (names(vendor, BUSY_CODES)) return 'PROVIDER_BUSY';
  if (vendor.code === 'model_not_found') return 'PROVIDER_REFUSES_SERVICE';
  if (status === 400 && isOwnParameter(vendor)) return 'PROVIDER_REFUSES_SERVICE';
  const code = codeOfStatus(status);
  if (code !== null) return code;
  // A proxy's page says nothing about the photos, except that they are too large for it.
  return status === 413 || saysSomething(vendor) ? 'GENERATION_FAILED' : 'PROVIDER_MALFORMED';
}

function saysSomething({ code, type, message }: VendorError): boolean {
  return `${code}${type}${message}` !== '';
}

function isSafetyBlock(vendor: VendorError): boolean {
  if (names(vendor, SAFETY_CODES)) return true;
  const usersFault = names(vendor, ['image_generation_user_error']) && !isOwnParameter(vendor);
  return usersFault && SAFETY_TEXT.test(`${vendor.code} ${vendor.message}`);
}

function isOwnParameter({ param }: VendorError): boolean {
  return OWN_PARAMETERS.includes(param);
}

function names({ code, type, innerCode }: VendorError, known: readonly string[]): boolean {
  return known.includes(code) || known.includes(type) || known.includes(innerCode);
}

/** Gateways send bodies of any shape: HTML, nothing, `error: null`, `error: "text"`. */
function readVendorError(status: number | undefined, error: unknown): VendorError {
  const fields = Object(error) as Record<string, unknown>;
  const message = word(fields.message);
  const inner = Object(fields.innererror ?? fields.inner_error) as Record<string, unknown>;
  const param = word(fields.param) || (PARAMETER_IN_TEXT.exec(message)?.[1] ?? '');
  return {
    status,
    code: word(fields.code),
    type: word(fields.type),
    param: param.replace(/\W.*$/s, ''),
    message,
    innerCode: word(inner.code),
  };
}

function word(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** For the log: which error it was, without the vendor's text, which may quote the prompt or the key. */
function describe(vendor: VendorError, requestId: string | null | undefined): Error {
  const parts = [vendor.status, vendor.type, vendor.code, requestId];
  return new Error(parts.filter((part) => /^[\w.-]{1,80}$/.test(String(part ?? ''))).join(' '));
}
