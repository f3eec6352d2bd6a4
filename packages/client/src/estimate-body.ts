/**
 * Asks the worker for a size (`POST /estimate-body`). Its types are held to the worker's own by
 * test/http/example-client.test.ts.
 */

export interface SizeRequest {
  /** A link that the worker is allowed to open: of the platform's Supabase, or https on a host of ESTIMATE_BODY_HOSTS. */
  readonly image_url: string;
  /** Barefoot, 100 to 250. */
  readonly height_cm: number;
  readonly weight_kg?: number | undefined;
  readonly sex?: 'female' | 'male' | undefined;
  readonly age?: number | undefined;
  /** The name of a chart, or a chart of the garment. */
  readonly size_chart?: string | SizeChart | undefined;
  readonly fit?: 'slim' | 'regular' | 'loose' | undefined;
}

export interface SizeChart {
  readonly name?: string | undefined;
  readonly source?: string | undefined;
  /** Where the waist is measured; needed when a size has a waist. */
  readonly waist_at?: 'navel' | 'natural_women' | 'natural_men' | undefined;
  /** From the smallest to the largest, each with the largest girths in cm that it fits. */
  readonly sizes: readonly {
    readonly size: string;
    readonly chest?: number | undefined;
    readonly waist?: number | undefined;
    readonly hip?: number | undefined;
  }[];
}

export interface BodyEstimate {
  readonly recommended_size: string;
  readonly measurements: {
    readonly chest_cm: number;
    readonly waist_cm: number;
    readonly hip_cm: number;
    readonly shoulder_cm: number;
    readonly inseam_cm?: number | undefined;
  };
  /** Probability that the recommended size is right. */
  readonly confidence: number;
  readonly body_type: 'athletic' | 'slim' | 'average' | 'broad' | null;
  readonly size_range: { readonly lower: string; readonly upper: string };
  readonly size_probabilities: Readonly<Record<string, number>> | null;
  readonly uncertainty_cm: {
    readonly chest_cm: number;
    readonly waist_cm: number;
    readonly hip_cm: number;
  } | null;
  readonly estimator: 'calibrated' | 'classic';
  readonly size_chart: { readonly name: string; readonly source: string };
  /** Why this size: how the girths lie to its range. */
  readonly reasons: readonly {
    readonly girth: 'chest' | 'waist' | 'hip';
    readonly finding: 'in_range' | 'under' | 'over';
    readonly by_cm: number;
  }[];
  /** What would make the size more certain, the most useful first; `advice` is for the person. */
  readonly would_help: readonly {
    readonly input: 'weight_kg' | 'sex' | 'plain_photo' | 'tight_clothes' | 'arms_apart';
    readonly advice: string;
  }[];
}

/** The outcome of a request, for a switch without exceptions. */
export type SizeAnswer =
  | { readonly kind: 'estimated'; readonly estimate: BodyEstimate }
  /** The photo or its link cannot be used; `advice` is for the person in the photo. */
  | {
      readonly kind: 'unusable_photo';
      readonly reasons: readonly string[];
      readonly advice: readonly string[];
    }
  /** Ask again after `retryAfterSeconds`: the worker, or the host of the photo, has trouble. */
  | { readonly kind: 'try_later'; readonly retryAfterSeconds: number }
  /** The request is wrong, or the secret: a defect of the caller. */
  | { readonly kind: 'refused'; readonly status: number; readonly code: string };

export interface SizeClient {
  /** Where the worker is reached, such as https://worker.example.com. */
  readonly workerUrl: string;
  /** ESTIMATE_BODY_SECRET of the worker, if it has one. */
  readonly secret?: string;
  /** The worker answers within 4,500 ms. */
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 5000;
const RETRY_AFTER_SECONDS = 2;
const TRY_LATER = { kind: 'try_later', retryAfterSeconds: RETRY_AFTER_SECONDS } as const;
const PHOTO_CODES = ['INVALID_IMAGE', 'PHOTO_NOT_USABLE'];

/** Asks for a size. Never rejects: a worker that is away is a reason to try later. */
export async function estimateBody(
  { workerUrl, secret, timeoutMs = TIMEOUT_MS }: SizeClient,
  request: SizeRequest,
  requestId: string,
): Promise<SizeAnswer> {
  const headers = new Headers({ 'content-type': 'application/json', 'x-request-id': requestId });
  if (secret !== undefined) headers.set('x-worker-secret', secret);
  try {
    const answer = await fetch(new URL('/estimate-body', workerUrl), {
      method: 'POST',
      headers,
      body: JSON.stringify(request),
      signal: AbortSignal.timeout(timeoutMs),
    });
    return await read(answer);
  } catch {
    return TRY_LATER;
  }
}

async function read(answer: Response): Promise<SizeAnswer> {
  if (answer.ok) return { kind: 'estimated', estimate: (await answer.json()) as BodyEstimate };
  if (answer.status >= 500 || answer.status === 429) {
    // A proxy may write a date, which is no number.
    const seconds = Number(answer.headers.get('retry-after')) || RETRY_AFTER_SECONDS;
    return { kind: 'try_later', retryAfterSeconds: seconds };
  }
  const { code = '', reasons = [], advice = [] } = (await answer.json()) as Refusal;
  // The photo's host did not answer, which says nothing about the photo.
  if (code === 'IMAGE_UNAVAILABLE') return TRY_LATER;
  return PHOTO_CODES.includes(code)
    ? { kind: 'unusable_photo', reasons, advice }
    : { kind: 'refused', status: answer.status, code };
}

interface Refusal {
  readonly code?: string;
  readonly reasons?: readonly string[];
  readonly advice?: readonly string[];
}
