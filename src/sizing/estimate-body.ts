/** The calibrated estimator: from what a photo shows and a person states to measurements and a size. */
import type { BodyEstimate, Measurements } from './body-estimate.ts';
import { type BodyHypothesis, bodyPosterior, type PhotoEvidence } from './body-posterior.ts';
import { bodySamples, namedBody } from './body-samples.ts';
import { bodyTypeOf } from './body-type.ts';
import {
  BODY,
  COEFFICIENTS,
  REFERENCE_HEIGHT_CM,
  type SizingCoefficients,
} from './coefficients.ts';
import { dot } from './matrix.ts';
import { missingInputs } from './missing-inputs.ts';
import { GIRTHS, type Girths, type PersonFacts } from './person.ts';
import { roundHalfEven } from './rounding.ts';
import type { SizeChart } from './size-chart.ts';
import { sizeReasons } from './size-reasons.ts';
import { recommendSize } from './size-recommendation.ts';

/** From evidence or (with null) from the facts alone, and with any coefficients. */
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
  const girths = roundedGirths(body.mean);
  return {
    estimator: 'calibrated',
    recommendedSize: size.size,
    reasons: sizeReasons(chart, size.index, girths),
    wouldHelp: size.isSure ? [] : missingInputs(facts, evidence, hypotheses),
    measurements: {
      chestCm: girths.chest,
      waistCm: girths.waist,
      hipCm: girths.hip,
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

/** Linear models leave the possible far outside their data; the platform takes girths of 30 to 200. */
const [LEAST_GIRTH_CM, MOST_GIRTH_CM] = [40, 200];

function roundedGirths(mean: readonly number[]): Girths {
  return girthsOf(mean, (value) =>
    roundHalfEven(Math.min(Math.max(value, LEAST_GIRTH_CM), MOST_GIRTH_CM), 1),
  );
}

/** Shoulder breadth (bone to bone) and inseam follow from the body by tape-measured proportions. */
function boneLengths(
  { heightCm }: PersonFacts,
  hypotheses: readonly BodyHypothesis[],
  { sexes }: SizingCoefficients,
): Pick<Measurements, 'shoulderCm' | 'inseamCm'> {
  const height = heightCm - REFERENCE_HEIGHT_CM;
  let [shoulder, inseam] = [0, 0];
  for (const { sex, share, body } of hypotheses) {
    const { chest, bideltoid } = namedBody(body.mean);
    shoulder += share * dot(sexes[sex].biacromial, [1, height, bideltoid, chest]);
    inseam += share * dot(sexes[sex].inseam, [1, height]);
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
