/** What the calibrated estimator learnt from data, as `npm run fit:sizing` writes it. */
import generated from './coefficients.generated.json' with { type: 'json' };
import type { Matrix, Vector } from './matrix.ts';
import type { Sex } from './person.ts';
import type { PhotoFeature } from './photo-features.ts';

/**
 * What is unknown about a body, in this order, cm: three girths, and the breadths over both upper
 * arms, at the navel and at the hips. A photo shows the breadths; which girths go with them is
 * known from people measured by tape.
 */
export const BODY = ['chest', 'waist', 'hip', 'bideltoid', 'waistBreadth', 'hipBreadth'] as const;
export type BodyPart = (typeof BODY)[number];

/**
 * How far the clothes stand off: not at all; as loose clothes on renders; so that clothes and posture
 * vary as in people's own photos; or in some way never seen.
 */
export const FITS = ['tight', 'loose', 'everyday', 'odd'] as const;
export type Fit = (typeof FITS)[number];

/** Mean and standard deviation of a normal distribution. */
export interface Spread {
  readonly mean: number;
  readonly sd: number;
}

/** A prior goes by height and build, and by the age where it was given. */
export type PriorKind = 'age_unknown' | 'age_known';

/** People are of the build of the tape-measured soldiers, or of a heavier one that soldiers are not of. */
export const BUILDS = ['usual', 'heavy'] as const;

/** How √(weight/height) (`buildOf`) is distributed for a height: mean = `terms`·(1, height - reference). */
export interface Build {
  readonly terms: Vector;
  readonly sd: number;
  /** Of people of this sex; both sum to 1. */
  readonly share: number;
}

/** Regressions take heights relative to this one. */
export const REFERENCE_HEIGHT_CM = 170;

/** What one sex's bodies are like, from people measured by tape. */
export interface SexModel {
  readonly height: Spread;
  readonly age: Spread;
  readonly builds: Readonly<Record<(typeof BUILDS)[number], Build>>;
  /** One row of `terms` per body part, on `factTerms`; covariance of the rest. */
  readonly body: Readonly<
    Record<PriorKind, { readonly terms: Matrix; readonly covariance: Matrix }>
  >;
  /** cm = terms·(1, height - reference, bideltoid, chest). */
  readonly biacromial: Vector;
  /** cm = terms·(1, height - reference). */
  readonly inseam: Vector;
}

/** How photos show bodies, from renders with known girths. */
export interface PhotoModel {
  readonly features: readonly PhotoFeature[];
  /** Per feature. All fits but tight share offsets and noise. */
  readonly offset: { readonly tight: Vector; readonly loose: Vector };
  /** Per feature: male minus female. */
  readonly male: Vector;
  /** Per feature and cm of height above the reference. */
  readonly height: Vector;
  /** Per feature: slopes on (body - reference). */
  readonly slopes: Matrix;
  readonly reference: Vector;
  readonly noise: { readonly tight: Matrix; readonly loose: Matrix };
  /** How common each fit is, and how many times the noise above it has. */
  readonly fits: Readonly<Record<Fit, { readonly share: number; readonly noiseFactor: number }>>;
}

/**
 * How much larger the scale at chest and hips is than that of the whole body, as a logarithm:
 * `terms` on the products of the perspective's numbers, each as (value - mean) / sd within ±3.
 */
export interface PerspectiveModel {
  readonly mean: Vector;
  readonly sd: Vector;
  readonly chest: Vector;
  readonly hip: Vector;
}

export interface SizingCoefficients {
  readonly about: Readonly<Record<string, unknown>>;
  readonly sexes: Readonly<Record<Sex, SexModel>>;
  readonly perspective: PerspectiveModel;
  readonly photo: PhotoModel;
  /** Quantiles in the tape-measured people that divide body types. */
  readonly bodyTypes: {
    readonly slimBelowWaistToHeight: number;
    readonly broadAboveWaistToHeight: number;
    readonly athleticAboveShoulderToWaist: number;
  };
}

export const COEFFICIENTS: SizingCoefficients = generated as SizingCoefficients;
