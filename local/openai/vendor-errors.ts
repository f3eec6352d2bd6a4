/**
 * Errors as OpenAI writes them, and the faults that make the local image model answer with them.
 */
import type { Fault } from '../faults.ts';

/** The body of a refusal. */
export interface VendorErrorBody {
  readonly error: {
    readonly message: string;
    readonly type: string;
    readonly param: string | null;
    readonly code: string | null;
  };
}

/** A request that the vendor refuses. */
export class Refusal extends Error {
  readonly status: number;
  readonly body: VendorErrorBody;

  constructor(status: number, error: Partial<VendorErrorBody['error']> & { message: string }) {
    super(error.message);
    this.status = status;
    this.body = { error: { type: 'invalid_request_error', param: null, code: null, ...error } };
  }
}

const EDITS = { method: 'POST', path: /^\/v1\/images\/edits/ };

function answering(status: number, body: unknown, headers: Record<string, string> = {}): Fault {
  return { ...EDITS, kind: 'status', status, body, headers };
}

function refusing(refusal: Refusal, headers: Record<string, string> = {}): Fault {
  return answering(refusal.status, refusal.body, headers);
}

/** 429: too many requests; `Retry-After` in whole seconds. */
export function rateLimited(retryAfterSeconds: number): Fault {
  const refusal = new Refusal(429, {
    message: 'Rate limit reached for images per min. Please try again later.',
    type: 'rate_limit_error',
    code: 'rate_limit_exceeded',
  });
  return refusing(refusal, { 'retry-after': String(retryAfterSeconds) });
}

/** 401: no task can succeed until the key is changed. */
export function keyRefused(): Fault {
  return refusing(
    new Refusal(401, { message: 'Incorrect API key provided.', code: 'invalid_api_key' }),
  );
}

/** 429 too, but no task can succeed until someone pays. */
export function insufficientQuota(): Fault {
  return refusing(
    new Refusal(429, {
      message: 'You exceeded your current quota, please check your plan and billing details.',
      type: 'insufficient_quota',
      code: 'insufficient_quota',
    }),
  );
}

export function serverOverloaded(): Fault {
  return refusing(
    new Refusal(503, {
      message: 'The server is currently overloaded with other requests.',
      type: 'server_error',
      code: 'server_is_overloaded',
    }),
  );
}

export function serverError(status = 500, headers: Record<string, string> = {}): Fault {
  return refusing(
    new Refusal(status, {
      message: 'The server had an error while processing your request.',
      type: 'server_error',
    }),
    headers,
  );
}

/** What the vendor says of photos or prompts that its safety system does not let pass. */
export function moderationRefusal(): Refusal {
  return new Refusal(400, {
    message: 'Your request was rejected by the safety system.',
    type: 'image_generation_user_error',
    code: 'moderation_blocked',
  });
}

export function moderationBlocked(): Fault {
  return refusing(moderationRefusal());
}

/** A success by its status, without a picture. */
export function answerWithoutImage(): Fault {
  return answering(200, { created: 0, data: [] });
}

export function answerWithBadBase64(): Fault {
  return answering(200, { created: 0, data: [{ b64_json: '%%% this is not base64 %%%' }] });
}

export function answerThatIsNoImage(): Fault {
  const text = Buffer.from('this is text, not a picture').toString('base64');
  return answering(200, { created: 0, data: [{ b64_json: text }] });
}
