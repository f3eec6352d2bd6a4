/** What facts and photo say about a body: one normal distribution per sex, build and fit of clothes. */
import { bodyPriors } from './body-prior.ts';
import {
  FITS,
  type Fit,
  type PhotoModel,
  REFERENCE_HEIGHT_CM,
  type SizingCoefficients,
} from './coefficients.ts';
import { type Gaussian, type LinearObservation, observe, sharesOf } from './gaussian.ts';
import { dot, scaled } from './matrix.ts';
import type { PersonFacts, Sex } from './person.ts';
import { withoutPerspective } from './perspective.ts';
import type { PhotoFeatures } from './photo-features.ts';

/** Without a weight, people in clothes and from cameras unlike any fitted on err more: variance times this. */
const UNSEEN_SPREAD = 1.2;

/** When the weight is given, the variance of the photo's noise is multiplied by this. Decision 53. */
const NOISE_WITH_WEIGHT = 2;

/** One way that things may be, with its probability; those of a mixture sum to 1. */
export interface BodyHypothesis {
  readonly sex: Sex;
  readonly fit: Fit;
  readonly share: number;
  readonly body: Gaussian;
}

/** The measured photo; `clarity` (0..1] is how well the pose's points were seen. */
export interface PhotoEvidence {
  readonly features: PhotoFeatures;
  readonly clarity: number;
  /** What shows from where the photo was taken (`perspectiveOf`). */
  readonly perspective: readonly number[];
}

/**
 * Combines what is known from the facts with what the photo shows, each by its error. Features
 * that could not be measured do not count; without evidence this is the prior.
 */
export function bodyPosterior(
  facts: PersonFacts,
  evidence: PhotoEvidence | null,
  coefficients: SizingCoefficients,
): BodyHypothesis[] {
  const { photo } = coefficients;
  const features =
    evidence &&
    withoutPerspective(evidence.features, evidence.perspective, coefficients.perspective);
  const seen = evidence && features && { features, clarity: evidence.clarity };
  const hypotheses = bodyPriors(facts, coefficients).flatMap((prior) =>
    FITS.map((fit) => {
      const shown = observation(photo, fit, prior.sex, { facts, evidence: seen });
      const { posterior, logLikelihood } = observe(prior.body, shown);
      const logWeight = prior.logWeight + logLikelihood + Math.log(photo.fits[fit].share);
      return { sex: prior.sex, fit, body: posterior, logWeight };
    }),
  );
  const shares = sharesOf(hypotheses.map(({ logWeight }) => logWeight));
  const spread = facts.weightKg === undefined ? UNSEEN_SPREAD : 1;
  return hypotheses.map(({ sex, fit, body: { mean, covariance } }, i) => {
    const body = { mean, covariance: scaled(covariance, spread) };
    return { sex, fit, body, share: shares[i] ?? 0 };
  });
}

interface Seen {
  readonly facts: PersonFacts;
  readonly evidence: Pick<PhotoEvidence, 'features' | 'clarity'> | null;
}

/** The photo model for one sex and fit, reduced to the features that were measured. */
function observation(
  photo: PhotoModel,
  fit: Fit,
  sex: Sex,
  { facts, evidence }: Seen,
): LinearObservation {
  const measured = photo.features.flatMap((feature, index) => {
    const value = evidence?.features[feature] ?? null;
    return value === null ? [] : [{ index, value }];
  });
  const kind = fit === 'tight' ? 'tight' : 'loose';
  const offsets = photo.offset[kind];
  const slopes = measured.map(({ index }) => photo.slopes[index] ?? []);
  const male = sex === 'male' ? 0.5 : -0.5;
  const at = (list: readonly number[], index: number) => list[index] ?? 0;
  const rows = measured.map(({ index }) => index);
  const factor =
    photo.fits[fit].noiseFactor * (facts.weightKg === undefined ? 1 : NOISE_WITH_WEIGHT);
  return {
    observed: measured.map(({ value }) => value),
    offset: rows.map(
      (row, i) =>
        at(offsets, row) +
        male * at(photo.male, row) +
        (facts.heightCm - REFERENCE_HEIGHT_CM) * at(photo.height, row) -
        dot(slopes[i] ?? [], photo.reference),
    ),
    slopes,
    noise: scaled(
      rows.map((row) => rows.map((column) => at(photo.noise[kind][row] ?? [], column))),
      factor / (evidence?.clarity ?? 1) ** 2,
    ),
  };
}
