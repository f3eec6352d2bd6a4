/** Every refusal of `/estimate-body`: status, the text that clients know, and a code. */

interface RefusalOptions {
  readonly reasons?: readonly string[];
  /** A sentence for the person in the photo, for each of the reasons. */
  readonly advice?: readonly string[];
  readonly retryAfterSeconds?: number;
  readonly cause?: unknown;
}

/** Thrown while a request is served; the route's error handler sends it. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: number;
  readonly detail: string;
  readonly code: string;
  readonly reasons: readonly string[];
  readonly advice: readonly string[];
  readonly retryAfterSeconds: number | null;

  constructor(kind: RefusalKind, options: RefusalOptions = {}) {
    super(kind, { cause: options.cause });
    const refusal = REFUSALS[kind];
    this.status = refusal.status;
    this.detail = refusal.detail;
    this.code = kind;
    this.reasons = options.reasons ?? [];
    this.advice = options.advice ?? [];
    const fixed = 'retryAfterSeconds' in refusal ? refusal.retryAfterSeconds : null;
    this.retryAfterSeconds = options.retryAfterSeconds ?? fixed;
  }
}

/** The reason to stop when the client closed its connection: no answer can reach it. */
export class ClientGone extends Error {
  override readonly name = 'ClientGone';
}

const UNAVAILABLE = 'Pose estimation service is temporarily unavailable';
const BAD_IMAGE = 'Invalid or inaccessible image URL';

/** The texts of the first four statuses are those of the worker that this one replaces. */
export const REFUSALS = {
  INVALID_IMAGE: {
    status: 400,
    detail: BAD_IMAGE,
    meaning:
      'The link leads to no photo that may be fetched, or the file is no usable picture. `reasons` has one of `unreachable`, `no_picture`, `encoded`, `refused`, `too_large`, `side_too_long`, `too_small`, `animated`, `too_many_scans`, `too_costly`, `unsupported`, `heic`, `unusual_jpeg`, `unreadable`, and `advice` a sentence for it.',
  },
  IMAGE_UNAVAILABLE: {
    status: 400,
    detail: BAD_IMAGE,
    meaning:
      'The host of the photo did not answer, or with an error of its own. Another try may succeed, and nothing is known against the photo.',
  },
  PHOTO_NOT_USABLE: {
    status: 422,
    detail: 'Could not detect full body pose from image',
    meaning: 'No person can be measured in this photo. `reasons` and `advice`: below.',
  },
  MODEL_NOT_LOADED: {
    status: 503,
    detail: UNAVAILABLE,
    retryAfterSeconds: 1,
    meaning: 'The pose models are not loaded, or not yet.',
  },
  BUSY: {
    status: 503,
    detail: UNAVAILABLE,
    retryAfterSeconds: 1,
    meaning: 'Too many photos wait already.',
  },
  TOOK_TOO_LONG: {
    status: 503,
    detail: UNAVAILABLE,
    retryAfterSeconds: 1,
    meaning: 'The answer would have come after the 4.4 seconds that it may take.',
  },
  INTERNAL: {
    status: 500,
    detail: 'Failed to estimate body measurements',
    meaning: 'The worker met an error that it does not know: a defect to be fixed.',
  },
  UNAUTHORIZED: {
    status: 401,
    detail: 'Missing or wrong X-Worker-Secret',
    meaning: 'The worker has an `ESTIMATE_BODY_SECRET`, and the request did not name it.',
  },
  RATE_LIMITED: {
    status: 429,
    detail: 'Too many requests',
    meaning:
      'This client (an IPv4 address or an IPv6 /64) sent more than `ESTIMATE_BODY_RATE_PER_MINUTE`.',
  },
} as const satisfies Record<
  string,
  { status: number; detail: string; retryAfterSeconds?: number; meaning: string }
>;

export type RefusalKind = keyof typeof REFUSALS;
