/** Bodies drawn from what is believed about one body: the same ones every time, evenly spread. */
import type { BodyHypothesis } from './body-posterior.ts';
import { BODY, type BodyPart } from './coefficients.ts';
import { cholesky, dot, type Matrix, type Vector } from './matrix.ts';

export interface BodySample {
  readonly body: Readonly<Record<Exclude<BodyPart, 'waistBreadth' | 'hipBreadth'>, number>>;
  /** All shares of a set of samples sum to 1. */
  readonly share: number;
}

const PER_HYPOTHESIS = 256;
const NORMAL_POINTS = normalPoints(PER_HYPOTHESIS, BODY.length);
/** Hypotheses less likely than this change no answer. */
const NEGLIGIBLE = 1e-4;

/** Weighted bodies that stand for the mixture of hypotheses. */
export function bodySamples(hypotheses: readonly BodyHypothesis[]): BodySample[] {
  const counted = hypotheses.filter(({ share }) => share > NEGLIGIBLE);
  const total = counted.reduce((sum, { share }) => sum + share, 0);
  const samples: BodySample[] = [];
  for (const { share, body } of counted) {
    const lower = cholesky(body.covariance);
    for (const point of NORMAL_POINTS) {
      samples.push({
        body: sampled(body.mean, lower, point),
        share: share / total / PER_HYPOTHESIS,
      });
    }
  }
  return samples;
}

/** Made for every point of every hypothesis: no array in between, and no part that no one asks for. */
function sampled(mean: Vector, lower: Matrix, point: Vector): BodySample['body'] {
  return {
    chest: (mean[0] ?? 0) + dot(lower[0] ?? [], point),
    waist: (mean[1] ?? 0) + dot(lower[1] ?? [], point),
    hip: (mean[2] ?? 0) + dot(lower[2] ?? [], point),
    bideltoid: (mean[3] ?? 0) + dot(lower[3] ?? [], point),
  };
}

/** A vector in the order of BODY, by name. */
export function namedBody(values: Vector): Record<BodyPart, number> {
  const [chest = 0, waist = 0, hip = 0, bideltoid = 0, waistBreadth = 0, hipBreadth = 0] = values;
  return { chest, waist, hip, bideltoid, waistBreadth, hipBreadth };
}

/**
 * `count` points of a standard normal distribution of `dimensions`: an additive recurrence with
 * powers of the generalised golden ratio (Roberts 2018), taken through the inverse normal.
 */
function normalPoints(count: number, dimensions: number): Vector[] {
  let ratio = 2;
  for (let i = 0; i < 40; i += 1) ratio = (1 + ratio) ** (1 / (dimensions + 1));
  const steps = Array.from({ length: dimensions }, (_, i) => ratio ** -(i + 1));
  return Array.from({ length: count }, (_, n) =>
    steps.map((step) => inverseNormal((0.5 + (n + 1) * step) % 1)),
  );
}

/** The inverse of the standard normal distribution function, to 4.5e-4 (Abramowitz & Stegun 26.2.23). */
function inverseNormal(p: number): number {
  const tail = Math.sqrt(-2 * Math.log(Math.max(Math.min(p, 1 - p), 1e-12)));
  const top = 2.515517 + tail * (0.802853 + tail * 0.010328);
  const bottom = 1 + tail * (1.432788 + tail * (0.189269 + tail * 0.001308));
  const z = tail - top / bottom;
  return p < 0.5 ? -z : z;
}
