/** The answer of the sizing: measurements, a size, and how far to trust both. */
import type { MissingInput } from './missing-inputs.ts';
import type { Girths } from './person.ts';
import type { GirthReason } from './size-reasons.ts';

export const ESTIMATOR_NAMES = ['calibrated', 'classic'] as const;
export type EstimatorName = (typeof ESTIMATOR_NAMES)[number];
export type BodyType = 'athletic' | 'slim' | 'average' | 'broad';

/** All in cm, rounded to 0.1. */
export interface Measurements {
  readonly chestCm: number;
  /** At the navel, not the natural waist. */
  readonly waistCm: number;
  readonly hipCm: number;
  readonly shoulderCm: number;
  /** Crotch to floor, barefoot; null from the classic estimator. */
  readonly inseamCm: number | null;
}

export interface SizeRange {
  readonly lower: string;
  readonly upper: string;
}

export interface BodyEstimate {
  readonly estimator: EstimatorName;
  readonly recommendedSize: string;
  /** Why that size. */
  readonly reasons: readonly GirthReason[];
  /** What would make the answer better, the most useful first; empty when the size is sure, or nothing is known that helps. */
  readonly wouldHelp: readonly MissingInput[];
  readonly measurements: Measurements;
  /** One standard deviation of each girth's error, cm rounded to 0.1; null from the classic estimator. */
  readonly uncertaintyCm: Girths | null;
  /** Calibrated: the probability that the recommended size is right. Rounded to 3 decimals. */
  readonly confidence: number;
  /** Null when unsure. */
  readonly bodyType: BodyType | null;
  readonly sizeRange: SizeRange;
  /** One per size of the chart, in its order, summing to 1; null from the classic estimator. */
  readonly sizeProbabilities: Readonly<Record<string, number>> | null;
  readonly sizeChart: { readonly name: string; readonly source: string };
}
