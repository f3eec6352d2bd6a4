/** One request of `/estimate-body`, step by step: download → look → check → estimate. */
import { createHash } from 'node:crypto';
import { publicText, TaskError } from '../errors.ts';
import type { ImageFetcher } from '../ports/image-fetcher.ts';
import type { PhotoObservation, Pose, PoseEstimator } from '../pose.ts';
import type { BodyEstimate, Estimator } from '../sizing/body-estimate.ts';
import { estimateBody } from '../sizing/estimate-body.ts';
import { checkPhoto, type PhotoFinding } from '../sizing/photo-check.ts';
import type { SizeChart } from '../sizing/size-chart.ts';
import type { EstimateBodyRequest } from './estimate-body-schemas.ts';
import { Refusal, TRY_PHOTO_LATER } from './refusal.ts';

/** What happened to a request, in the past tense. Links appear only as the start of their SHA-256. */
export type SizeRecEvent = { readonly requestId: string } & (
  | { readonly event: 'size_rec_request_started'; imageUrlHash: string; heightCm: number }
  | {
      readonly event: 'size_rec_request_succeeded';
      readonly recommendedSize: string;
      readonly confidence: number;
      readonly durationMs: number;
    }
  | { readonly event: 'size_rec_image_download_failed'; readonly error: TaskError }
  | { readonly event: 'size_rec_model_not_loaded' }
  | { readonly event: 'size_rec_pose_estimation_failed'; readonly reasons: readonly string[] }
  | { readonly event: 'size_rec_request_shed'; readonly reason: 'busy' | 'took_too_long' }
  | { readonly event: 'size_rec_client_gone' }
  | { readonly event: 'size_rec_unexpected_error'; readonly error: Error }
);

export interface EstimateBodyDeps {
  readonly fetcher: ImageFetcher;
  readonly poses: PoseEstimator;
  readonly estimator: Estimator;
  /** The charts that a request may name; the first one is the default. */
  readonly charts: readonly SizeChart[];
  readonly record: (event: SizeRecEvent) => void;
}

export interface EstimatedBody {
  readonly estimate: BodyEstimate;
  readonly photo: PhotoObservation & { readonly pose: Pose };
  readonly findings: readonly PhotoFinding[];
}

/** The download's share of the time; the platform gives up after 5 s in all. */
const DOWNLOAD_MS = 4_000;
const RETRY_AFTER_SECONDS = 1;

/** Throws a Refusal for what cannot be answered. An abort by `signal` rejects with its reason. */
export async function estimateFromUrl(
  body: EstimateBodyRequest,
  deps: EstimateBodyDeps,
  signal: AbortSignal,
): Promise<EstimatedBody> {
  if (!deps.poses.ready) throw new Refusal('MODEL_NOT_LOADED', retryLater());
  const image = await download(body.image_url, deps.fetcher, signal);
  const photo = await look(image, deps.poses, signal);
  const findings = checkPhoto(photo);
  const { pose } = photo;
  // The classic estimator answers whenever there is a pose, as the original did.
  if (pose === null || (findings.length > 0 && deps.estimator !== 'classic')) {
    throw new Refusal('PHOTO_NOT_USABLE', {
      reasons: findings.map(({ reason }) => reason),
      advice: findings.map(({ advice }) => advice),
    });
  }
  const estimate = estimateBody({
    photo,
    estimator: deps.estimator,
    heightCm: body.height_cm,
    weightKg: body.weight_kg,
    sex: body.sex,
    ageYears: body.age,
    chart: deps.charts.find(({ name }) => name === body.size_chart) ?? deps.charts[0],
  });
  return { estimate, photo: { ...photo, pose }, findings };
}

async function download(
  url: string,
  fetcher: ImageFetcher,
  signal: AbortSignal,
): Promise<Uint8Array> {
  try {
    return await fetcher.fetch(url, { timeoutMs: DOWNLOAD_MS, signal });
  } catch (error) {
    if (!(error instanceof TaskError)) throw error;
    const kind = error.code === 'IMAGE_UNAVAILABLE' ? error.code : 'INVALID_IMAGE';
    throw imageRefusal(kind, error);
  }
}

async function look(
  image: Uint8Array,
  poses: PoseEstimator,
  signal: AbortSignal,
): Promise<PhotoObservation> {
  const outcome = await poses.estimate(image, signal);
  switch (outcome.kind) {
    case 'observed':
      return outcome.observation;
    case 'unusable_image': {
      const cause = new TaskError('INVALID_IMAGE', { detail: outcome.detail });
      throw imageRefusal('INVALID_IMAGE', cause);
    }
    case 'busy':
      throw new Refusal('BUSY', retryLater());
    case 'unavailable':
      throw new Refusal('MODEL_NOT_LOADED', retryLater());
    default:
      return outcome satisfies never;
  }
}

function imageRefusal(kind: 'INVALID_IMAGE' | 'IMAGE_UNAVAILABLE', cause: TaskError): Refusal {
  const reasons = cause.detail === null ? [] : [cause.detail];
  const adviceFor = (reason: string) =>
    kind === 'IMAGE_UNAVAILABLE' ? TRY_PHOTO_LATER : publicText(kind, `${reason}.photo`);
  const advice = reasons.map(adviceFor);
  return new Refusal(kind, { reasons, advice, cause });
}

export function retryLater(): { retryAfterSeconds: number } {
  return { retryAfterSeconds: RETRY_AFTER_SECONDS };
}

/** The event that a refusal leaves in the log, or null for those that are the client's affair. */
export function eventOfRefusal(refusal: Refusal, requestId: string): SizeRecEvent | null {
  switch (refusal.code) {
    case 'INVALID_IMAGE':
    case 'IMAGE_UNAVAILABLE': {
      const { cause } = refusal;
      const error = cause instanceof TaskError ? cause : new TaskError(refusal.code);
      return { event: 'size_rec_image_download_failed', requestId, error };
    }
    case 'PHOTO_NOT_USABLE':
      return { event: 'size_rec_pose_estimation_failed', requestId, reasons: refusal.reasons };
    case 'MODEL_NOT_LOADED':
      return { event: 'size_rec_model_not_loaded', requestId };
    case 'BUSY':
      return { event: 'size_rec_request_shed', requestId, reason: 'busy' };
    case 'TOOK_TOO_LONG':
      return { event: 'size_rec_request_shed', requestId, reason: 'took_too_long' };
    default:
      return null;
  }
}

/** Enough to tell links apart in the log, too little to open one. */
export function hashOfUrl(url: string): string {
  return createHash('sha256').update(url).digest('hex').slice(0, 12);
}
