/**
 * From a photo and a height to a size: download → pose → photo check → estimate. The one way for
 * HTTP, the command line and try-ons alike; nothing of the photo is kept.
 */
import { publicText, TaskError } from '../errors.ts';
import type { ImageFetcher } from '../ports/image-fetcher.ts';
import type { PhotoObservation, PoseEstimator } from '../pose.ts';
import type { BodyEstimate } from '../sizing/body-estimate.ts';
import type { Estimator } from '../sizing/estimators.ts';
import { figuresIn } from '../sizing/figure.ts';
import type { PersonFacts } from '../sizing/person.ts';
import { checkPhoto, type PhotoFinding } from '../sizing/photo-check.ts';
import type { SizeChart } from '../sizing/size-chart.ts';
import { chartForFit, type WantedFit } from '../sizing/wanted-fit.ts';

/** Whose size is wanted, and in what. */
export interface SizeOrder {
  readonly facts: PersonFacts;
  /** Chart and fit count for estimators that take charts only. */
  readonly chart: SizeChart;
  readonly fit: WantedFit;
}

export interface SizeDeps {
  readonly poses: PoseEstimator;
  readonly estimator: Estimator;
}

export type SizeOutcome =
  | {
      readonly kind: 'estimated';
      readonly estimate: BodyEstimate;
      readonly photo: PhotoObservation;
      /** What the photo check has to say; empty but for estimators that take any pose. */
      readonly findings: readonly PhotoFinding[];
    }
  | RefusedSize;

interface RefusedSize {
  readonly kind: 'refused';
  /**
   * INVALID_IMAGE and IMAGE_UNAVAILABLE as in the error catalogue; PHOTO_NOT_USABLE: no person can be
   * measured in it; BUSY: too many photos wait; MODEL_NOT_LOADED: the pose models are not there.
   */
  readonly code:
    | 'INVALID_IMAGE'
    | 'IMAGE_UNAVAILABLE'
    | 'PHOTO_NOT_USABLE'
    | 'BUSY'
    | 'MODEL_NOT_LOADED';
  readonly reasons: readonly string[];
  /** A sentence for the person in the photo, for each of the reasons. */
  readonly advice: readonly string[];
  /** What was wrong with the image. */
  readonly cause: TaskError | null;
}

/** The download's share of the time; the platform gives up after 5 s in all. */
const DOWNLOAD_MS = 4_000;

/** For the person in the photo while its host has trouble: the photo may be perfect. */
export const TRY_PHOTO_LATER =
  'The photo could not be loaded just now. Please try again in a moment.';

/** The size for the photo behind `url`. An abort by `signal` rejects with its reason. */
export async function sizeFromLink(
  url: string,
  order: SizeOrder,
  deps: SizeDeps & { readonly fetcher: ImageFetcher },
  signal: AbortSignal,
): Promise<SizeOutcome> {
  if (!deps.poses.ready) return refused('MODEL_NOT_LOADED');
  let image: Uint8Array;
  try {
    image = await deps.fetcher.fetch(url, { timeoutMs: DOWNLOAD_MS, signal });
  } catch (error) {
    if (!(error instanceof TaskError)) throw error;
    return badImage(error);
  }
  return sizeFromImage(image, order, deps, signal);
}

/** The size for a photo's file (JPEG, PNG or WebP). An abort by `signal` rejects with its reason. */
export async function sizeFromImage(
  image: Uint8Array,
  order: SizeOrder,
  { poses, estimator }: SizeDeps,
  signal: AbortSignal,
): Promise<SizeOutcome> {
  const outcome = await poses.estimate(image, signal);
  switch (outcome.kind) {
    case 'observed':
      return sizeFromPhoto(outcome.observation, order, estimator);
    case 'unusable_image':
      return badImage(new TaskError('INVALID_IMAGE', { detail: outcome.detail }));
    case 'busy':
      return refused('BUSY');
    case 'unavailable':
      return refused('MODEL_NOT_LOADED');
    default:
      return outcome satisfies never;
  }
}

function sizeFromPhoto(
  photo: PhotoObservation,
  { facts, chart, fit }: SizeOrder,
  estimator: Estimator,
): SizeOutcome {
  const figures = figuresIn(photo);
  const findings = checkPhoto(photo, figures?.asTaken ?? null);
  if (figures === null || (findings.length > 0 && !estimator.takesAnyPose)) {
    const reasons = findings.map(({ reason }) => reason);
    return refused('PHOTO_NOT_USABLE', { reasons, advice: findings.map(({ advice }) => advice) });
  }
  const estimate = estimator.estimate({ figures, facts, chart: chartForFit(chart, fit) });
  return { kind: 'estimated', estimate, photo, findings };
}

function badImage(cause: TaskError): RefusedSize {
  const code = cause.kind === 'transient' ? 'IMAGE_UNAVAILABLE' : 'INVALID_IMAGE';
  const reasons = cause.detail === null ? [] : [cause.detail];
  const advice = reasons.map((reason) =>
    code === 'IMAGE_UNAVAILABLE' ? TRY_PHOTO_LATER : publicText(code, `${reason}.photo`),
  );
  return refused(code, { reasons, advice, cause });
}

function refused(
  code: RefusedSize['code'],
  { reasons = [], advice = [], cause = null }: Partial<Omit<RefusedSize, 'kind' | 'code'>> = {},
): RefusedSize {
  return { kind: 'refused', code, reasons, advice, cause };
}
