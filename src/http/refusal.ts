/** Every way `/estimate-body` says no: status, the text that clients know, and a code beside it. */

export interface RefusalOptions {
  readonly reasons?: readonly string[];
  /** A sentence for the person in the photo, for each of the reasons. */
  readonly advice?: readonly string[];
  readonly retryAfterSeconds?: number;
  readonly cause?: unknown;
}

/** Thrown by a step; the route's error handler sends it. */
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
    const { status, detail } = REFUSALS[kind];
    this.status = status;
    this.detail = detail;
    this.code = kind;
    this.reasons = options.reasons ?? [];
    this.advice = options.advice ?? [];
    this.retryAfterSeconds = options.retryAfterSeconds ?? null;
  }
}

const UNAVAILABLE = 'Pose estimation service is temporarily unavailable';
const BAD_IMAGE = 'Invalid or inaccessible image URL';

/** The texts of the first four statuses are those of the worker that this one replaces. */
const REFUSALS = {
  INVALID_IMAGE: { status: 400, detail: BAD_IMAGE },
  IMAGE_UNAVAILABLE: { status: 400, detail: BAD_IMAGE },
  PHOTO_NOT_USABLE: { status: 422, detail: 'Could not detect full body pose from image' },
  MODEL_NOT_LOADED: { status: 503, detail: UNAVAILABLE },
  BUSY: { status: 503, detail: UNAVAILABLE },
  TOOK_TOO_LONG: { status: 503, detail: UNAVAILABLE },
  INTERNAL: { status: 500, detail: 'Failed to estimate body measurements' },
  UNAUTHORIZED: { status: 401, detail: 'Missing or wrong X-Worker-Secret' },
  RATE_LIMITED: { status: 429, detail: 'Too many requests' },
} as const satisfies Record<string, { status: number; detail: string }>;

export type RefusalKind = keyof typeof REFUSALS;
