/** What would make an answer better, measured on kinds of photos that the fit has not seen. */
import type { BodyHypothesis, PhotoEvidence } from './body-posterior.ts';
import type { Fit } from './coefficients.ts';
import type { PersonFacts } from './person.ts';

/**
 * What the person can do. Only what was measured to help is named (decision 38): an age did not, and
 * there is no data to measure a view from the side on.
 */
export const INPUT_ADVICE = {
  weight_kg: 'Enter your weight: it makes the size more certain than anything else.',
  sex: 'Enter your sex.',
  plain_photo:
    'Take another photo: stand straight, arms hanging, in trousers, without a bag or an open coat.',
  tight_clothes: 'Wear clothes that lie close to the body.',
  arms_apart: 'Hold your arms a little away from the body.',
} as const;

export interface MissingInput {
  readonly input: keyof typeof INPUT_ADVICE;
  /** A sentence for the person in the photo. */
  readonly advice: string;
}

/** Below this probability of tight clothes they are taken for loose. */
const PROBABLY_LOOSE = 0.25;
/** From this probability on the outline is unlike any body in clothes: a wide skirt, lifted arms, a coat. */
const PROBABLY_ODD = 0.5;

/**
 * What is missing, the most useful first. A weight is worth more than any photo; once it is known, the
 * sex helps and another photo does not. Arms count in tight clothes: under loose ones the outline
 * is not the body's anyway.
 */
export function missingInputs(
  { weightKg, sex }: PersonFacts,
  evidence: PhotoEvidence | null,
  hypotheses: readonly BodyHypothesis[],
): MissingInput[] {
  if (weightKg !== undefined) return sex === undefined ? [advise('sex')] : [];
  if (evidence === null) return [advise('weight_kg')];
  const probabilityOf = (wanted: Fit) =>
    hypotheses.reduce((sum, { fit, share }) => (fit === wanted ? sum + share : sum), 0);
  if (probabilityOf('odd') >= PROBABLY_ODD) return [advise('weight_kg'), advise('plain_photo')];
  if (probabilityOf('tight') < PROBABLY_LOOSE)
    return [advise('weight_kg'), advise('tight_clothes')];
  const armsTouch = evidence.features.chestOutline === null;
  return [advise('weight_kg'), ...(armsTouch ? [advise('arms_apart')] : [])];
}

function advise(input: MissingInput['input']): MissingInput {
  return { input, advice: INPUT_ADVICE[input] };
}
