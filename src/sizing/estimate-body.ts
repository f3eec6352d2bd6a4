/** The sizing's way in: from a photo that was looked at and a height to measurements and a size. */
import {
  type BodyEstimate,
  type Estimator,
  GIRTHS,
  type Girths,
  type Measurements,
  type PersonFacts,
} from './body-estimate.ts';
import { type BodyHypothesis, bodyPosterior, type PhotoEvidence } from './body-posterior.ts';
import { bodySamples, namedBody } from './body-samples.ts';
import { bodyTypeOf } from './body-type.ts';
import { estimateClassic } from './classic.ts';
import { BODY, COEFFICIENTS, type SizingCoefficients } from './coefficients.ts';
import { dot } from './matrix.ts';
import {
  measurePhoto,
  PHOTO_FEATURES,
  type PhotoFeature,
  type PhotoFeatures,
} from './measure-photo.ts';
import { LANDMARK, type ObservedPhoto } from './observed-photo.ts';
import { turnOf } from './perspective.ts';
import { roundHalfEven } from './rounding.ts';
import { ORIGINAL_CHART, type SizeChart } from './size-chart.ts';
import { recommendSize } from './size-recommendation.ts';

export interface BodyRequest extends PersonFacts {
  readonly photo: ObservedPhoto;
  readonly estimator: Estimator;
  /** The original's thresholds when absent. The classic estimator knows only those. */
  readonly chart?: SizeChart | undefined;
}

/**
 * Measurements and a size for the person in the photo. Does not judge whether the photo is usable:
 * that is `checkPhoto`. Throws RangeError when the photo has no pose of 33 landmarks.
 */
export function estimateBody(request: BodyRequest): BodyEstimate {
  const { photo, heightCm, estimator, chart = ORIGINAL_CHART } = request;
  if (photo.pose === null) throw new RangeError('a photo without a pose cannot be measured');
  if (estimator === 'classic') return estimateClassic(photo.pose, heightCm);
  return estimateFromEvidence(request, photoEvidence(photo, heightCm), chart);
}

/** What the photo tells about the body; null when nothing can be measured in it. */
export function photoEvidence(photo: ObservedPhoto, heightCm: number): PhotoEvidence | null {
  const { mirrored = null, ...asTaken } = photo;
  const one = measurePhoto(asTaken, heightCm);
  const other = mirrored && measurePhoto({ ...asTaken, pose: mirrored }, heightCm);
  if (one === null) return null;
  return {
    features: meanFeatures(one.features, other?.features ?? one.features),
    perspective: one.perspective?.map((v, i) => (v + (other?.perspective?.[i] ?? v)) / 2) ?? null,
    clarity: clarityOf(photo),
  };
}

/** The mean of photo and mirror image; what only one of them shows counts as it is. */
function meanFeatures(one: PhotoFeatures, other: PhotoFeatures): PhotoFeatures {
  const mean = (name: PhotoFeature) => {
    const [a, b] = [one[name] ?? other[name], other[name] ?? one[name]];
    return [name, a === null || b === null ? null : (a + b) / 2] as const;
  };
  return Object.fromEntries(PHOTO_FEATURES.map(mean)) as PhotoFeatures;
}

/** As `estimateBody`, from evidence or (with null) from the facts alone, and with any coefficients. */
export function estimateFromEvidence(
  facts: PersonFacts,
  evidence: PhotoEvidence | null,
  chart: SizeChart,
  coefficients: SizingCoefficients = COEFFICIENTS,
): BodyEstimate {
  const hypotheses = bodyPosterior(facts, evidence, coefficients);
  const samples = bodySamples(hypotheses);
  const size = recommendSize(samples, chart);
  const body = averageBody(hypotheses);
  return {
    estimator: 'calibrated',
    recommendedSize: size.size,
    measurements: {
      ...roundedGirths(body.mean),
      ...boneLengths(facts, hypotheses, coefficients),
    },
    uncertaintyCm: girthsOf(body.sd, (value) => roundHalfEven(value, 1)),
    confidence: size.confidence,
    bodyType: bodyTypeOf(samples, facts.heightCm, coefficients),
    sizeRange: size.range,
    sizeProbabilities: size.probabilities,
    sizeChart: { name: chart.name, source: chart.source },
  };
}

/** Mean and standard deviation of the mixture, in the order of BODY. */
function averageBody(hypotheses: readonly BodyHypothesis[]) {
  const mean = BODY.map((_, i) =>
    hypotheses.reduce((sum, { share, body }) => sum + share * (body.mean[i] ?? 0), 0),
  );
  const sd = BODY.map((_, i) =>
    Math.sqrt(
      hypotheses.reduce((sum, { share, body }) => {
        const distance = (body.mean[i] ?? 0) - (mean[i] ?? 0);
        return sum + share * ((body.covariance[i]?.[i] ?? 0) + distance ** 2);
      }, 0),
    ),
  );
  return { mean, sd };
}

/** The least shoulder breadth that the platform takes; people of 120 cm and less come out below. */
const LEAST_SHOULDER_CM = 30;

/** Far outside of anything measured a straight line leaves the possible; the platform takes 30..200. */
function roundedGirths(
  mean: readonly number[],
): Pick<Measurements, 'chestCm' | 'waistCm' | 'hipCm'> {
  const { chest, waist, hip } = girthsOf(mean, (value) =>
    roundHalfEven(Math.min(Math.max(value, 40), 200), 1),
  );
  return { chestCm: chest, waistCm: waist, hipCm: hip };
}

/** Shoulder breadth (bone to bone) and inseam follow from the body by tape-measured proportions. */
function boneLengths(
  { heightCm }: PersonFacts,
  hypotheses: readonly BodyHypothesis[],
  { sexes }: SizingCoefficients,
): Pick<Measurements, 'shoulderCm' | 'inseamCm'> {
  let [shoulder, inseam] = [0, 0];
  for (const { sex, share, body } of hypotheses) {
    const { chest, bideltoid } = namedBody(body.mean);
    shoulder += share * dot(sexes[sex].biacromial, [1, heightCm - 170, bideltoid, chest]);
    inseam += share * dot(sexes[sex].inseam, [1, heightCm - 170]);
  }
  return {
    shoulderCm: roundHalfEven(Math.max(shoulder, LEAST_SHOULDER_CM), 1),
    inseamCm: roundHalfEven(inseam, 1),
  };
}

function girthsOf(body: readonly number[], change: (value: number) => number): Girths {
  const named = namedBody(body);
  const [chest, waist, hip] = GIRTHS.map((girth) => change(named[girth]));
  return { chest: chest ?? 0, waist: waist ?? 0, hip: hip ?? 0 };
}

/** Turned further, a body looks narrower than it is: the photo counts less. */
const FRONTAL_DEGREES = 12;

/** Mean visibility of the joints that are measured from, at least 0.3 so that evidence stays evidence. */
function clarityOf({ pose }: ObservedPhoto): number {
  const joints = ['Shoulder', 'Hip', 'Knee', 'Ankle'] as const;
  const seen = joints.flatMap((joint) => [
    pose?.landmarks[LANDMARK[`left${joint}`]]?.visibility ?? 0,
    pose?.landmarks[LANDMARK[`right${joint}`]]?.visibility ?? 0,
  ]);
  const mean = seen.reduce((sum, visibility) => sum + visibility, 0) / seen.length;
  const turnedBy = (Math.abs(turnOf(pose?.world ?? [])) * 180) / Math.PI;
  const beyond = Math.max(turnedBy - FRONTAL_DEGREES, 0) / FRONTAL_DEGREES;
  return Math.min(Math.max(mean / Math.hypot(1, beyond), 0.3), 1);
}
