/**
 * Verifies a webhook of the worker: a signature of Standard Webhooks, version 1.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';

/** The end of a try-on. */
export interface TryOnEnded {
  readonly type: 'try_on.completed' | 'try_on.failed';
  /** ISO 8601: when the session ended. */
  readonly timestamp: string;
  readonly data: {
    readonly session_id: string;
    readonly channel: 'b2b' | 'b2c';
    /** Null for a person's session. */
    readonly store_id: string | null;
    /** Null for a store's session. */
    readonly user_id: string | null;
    /** The client's own id of a store's session. */
    readonly request_id: string | null;
    readonly status: 'completed' | 'failed';
    readonly created_at: string;
    readonly completed_at: string;
    /** Null unless it failed. */
    readonly error: {
      /** Such as MODERATION_BLOCKED; null where the worker did not fail the session. */
      readonly code: string | null;
      /** For the shopper to read; null where the worker did not write it. */
      readonly message: string | null;
    } | null;
  };
}

/** The request cannot be trusted: answer it with 400. */
export class WebhookError extends Error {
  override readonly name = 'WebhookError';
}

/** Of a request of Node or of fetch. */
export type WebhookHeaders = Headers | Readonly<Record<string, string | string[] | undefined>>;

/** A message that is older, or further ahead, is refused. */
const TOLERANCE_SECONDS = 300;

/**
 * The message, if it was signed with the secret in the last five minutes; throws a WebhookError
 * otherwise. `body` is the request's body exactly as it came. `webhook-id` is the same for every try:
 * remember it to do nothing twice.
 */
export function verifyWebhook(
  body: string,
  headers: WebhookHeaders,
  secret: string,
  now = new Date(),
): TryOnEnded {
  const [id, timestamp, signatures] = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map(
    (name) => headerOf(headers, name),
  );
  if (!id || !timestamp || !signatures)
    throw new WebhookError('A header of the webhook is missing');
  const ageSeconds = now.getTime() / 1000 - Number(timestamp);
  if (!(Math.abs(ageSeconds) <= TOLERANCE_SECONDS)) {
    throw new WebhookError('The webhook is too old, or the clocks differ');
  }
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const expected = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest();
  const isSigned = signatures.split(' ').some((signature) => {
    const [version, base64 = ''] = signature.split(',');
    const given = Buffer.from(base64, 'base64');
    return version === 'v1' && given.length === expected.length && timingSafeEqual(given, expected);
  });
  if (!isSigned) throw new WebhookError('The signature is not of this secret');
  return JSON.parse(body) as TryOnEnded;
}

function headerOf(headers: WebhookHeaders, name: string): string | undefined {
  const value = headers instanceof Headers ? headers.get(name) : headers[name];
  return typeof value === 'string' ? value : undefined;
}
