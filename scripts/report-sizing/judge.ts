/** Judges the sizing on people that it was not fitted on: errors, sizes, calibration, baselines. */
import type { BodyEstimate } from '../../src/sizing/body-estimate.ts';
import type { PhotoEvidence } from '../../src/sizing/body-posterior.ts';
import { estimateClassic } from '../../src/sizing/classic.ts';
import { COEFFICIENTS, type SizingCoefficients } from '../../src/sizing/coefficients.ts';
import { estimateFromEvidence } from '../../src/sizing/estimate-body.ts';
import type { Girths, PersonFacts } from '../../src/sizing/person.ts';
import { photoEvidence } from '../../src/sizing/photo-evidence.ts';
import { ORIGINAL_CHART, sizeIndex } from '../../src/sizing/size-chart.ts';
import { mean } from '../fit-sizing/least-squares.ts';
import { fitSizing } from '../fit-sizing/model.ts';
import {
  FOLDS,
  OLDER,
  type PhotographedPerson,
  photosToFitOn,
  type SizingData,
  type TapedPerson,
} from '../fit-sizing/people.ts';
import { OVERSTATED_CM } from '../fit-sizing/photo-model.ts';

/** A person with a photo and known girths; inputs that were not given are undefined. */
export interface MeasuredPerson extends Girths, PersonFacts {
  readonly evidence: PhotoEvidence;
}

/** One answer for one person, with the truth. */
export interface Judged<Person extends MeasuredPerson = PhotographedPerson> {
  readonly person: Person;
  readonly errors: Girths;
  /** Recommended minus right size, in steps of the chart. */
  readonly sizeError: number;
  /** The stated probability that the size is right; null from estimators that state none. */
  readonly confidence: number | null;
  /** Each girth's stated standard deviation; null from estimators that state none. */
  readonly sd: Girths | null;
}

/** The inputs given in addition to the height. */
export type GivenInputs = readonly ('weight' | 'sex' | 'age')[];

/** The fit that judges the grid of cameras; any would do. */
const CAMERAS_FOLD = 4;

/** Answers about photos; each from the coefficients that `fitFor` gives it. */
export type Judge = (given: GivenInputs, usePhoto: boolean) => Judged[];

/**
 * Leaves a maker of clothes and cameras out, and the judged people (a fold) as well: the accuracy on
 * a kind of photo that was not fitted on.
 */
export function leaveMakerOut(data: SizingData): Judge {
  const photos = data.photographed.filter(({ maker }) => !OLDER.includes(maker));
  const keyOf = ({ maker, fold }: PhotographedPerson) => `${maker} ${fold}`;
  const fits = new Map(
    [...Map.groupBy(photos, keyOf)].map(([key, [{ maker, fold } = {}]]) => [
      key,
      fitWithout(
        data,
        (one) => one.maker === maker || (!OLDER.includes(one.maker) && one.fold === fold),
      ),
    ]),
  );
  return (given, usePhoto) => judgeAll(photos, (one) => fits.get(keyOf(one)), { given, usePhoto });
}

/** The kinds of photos fitted on, each person judged from a fit without them; `older` sets only. */
export function crossValidate(data: SizingData): {
  photos: Judge;
  /** The same photos with heights as people report them, not as measured. */
  reportedHeights: Judge;
  cameras: Judge;
  fitFor: (photo: PhotographedPerson) => SizingCoefficients;
} {
  const folds = Array.from({ length: FOLDS }, (_, fold) =>
    fitWithout(data, (one) => one.fold === fold),
  );
  const fitFor = ({ fold }: PhotographedPerson) => folds[fold] ?? COEFFICIENTS;
  const judge =
    (photos: readonly PhotographedPerson[]): Judge =>
    (given, usePhoto) =>
      judgeAll(photos, fitFor, { given, usePhoto });
  const older = data.photographed.filter(({ maker }) => OLDER.includes(maker));
  return {
    photos: judge(older),
    reportedHeights: judge(older.map(withReportedHeight)),
    // Its people are in no other set.
    cameras: judge(data.cameras.map((one) => ({ ...one, fold: CAMERAS_FOLD }))),
    fitFor,
  };
}

function withReportedHeight(person: PhotographedPerson): PhotographedPerson {
  const heightCm = person.heightCm + OVERSTATED_CM;
  const evidence = photoEvidence(person.figures, heightCm);
  return evidence === null ? person : { ...person, heightCm, evidence };
}

function fitWithout(
  data: SizingData,
  isLeftOut: (photo: PhotographedPerson) => boolean,
): SizingCoefficients {
  const photos = photosToFitOn(data).filter((photo) => !isLeftOut(photo));
  return { about: {}, ...fitSizing(data.taped, photos) };
}

/** Each from the coefficients of `fitFor`; from the product's own where that gives none. */
export function judgeAll<Person extends MeasuredPerson>(
  photos: readonly Person[],
  fitFor: (photo: Person) => SizingCoefficients | undefined,
  { given, usePhoto }: { given: GivenInputs; usePhoto: boolean },
): Judged<Person>[] {
  return photos.map((person) => {
    const evidence = usePhoto ? person.evidence : null;
    const facts = factsOf(person, given);
    const estimate = estimateFromEvidence(facts, evidence, ORIGINAL_CHART, fitFor(person));
    return judgeEstimate(person, estimate, {
      confidence: estimate.confidence,
      sd: estimate.uncertaintyCm,
    });
  });
}

/** The answers of the original's formula, whose confidence is no probability. */
export function judgeClassic(photographed: readonly PhotographedPerson[]): Judged[] {
  return photographed.map((person) =>
    judgeEstimate(person, estimateClassic(person.figures.asTaken.pose, person.heightCm), UNSTATED),
  );
}

/** The mean of the tape-measured people (both sexes alike) for everyone. */
export function judgeConstant(
  { taped }: SizingData,
  photographed: readonly PhotographedPerson[],
): Judged[] {
  const average = (key: 'chest' | 'waist' | 'hip') =>
    mean(
      (['female', 'male'] as const).map((sex) =>
        mean(taped.filter((person: TapedPerson) => person.sex === sex).map((p) => p[key])),
      ),
    );
  const girths = { chest: average('chest'), waist: average('waist'), hip: average('hip') };
  const size = sizeIndex(ORIGINAL_CHART, girths);
  return photographed.map((person) => judge(person, girths, size, UNSTATED));
}

/** How sure an answer says it is. */
type Stated = Pick<Judged, 'confidence' | 'sd'>;
const UNSTATED: Stated = { confidence: null, sd: null };

function judgeEstimate<Person extends MeasuredPerson>(
  person: Person,
  { measurements, recommendedSize }: BodyEstimate,
  stated: Stated,
): Judged<Person> {
  const { chestCm: chest, waistCm: waist, hipCm: hip } = measurements;
  const size = ORIGINAL_CHART.sizes.findIndex((entry) => entry.size === recommendedSize);
  return judge(person, { chest, waist, hip }, size, stated);
}

function judge<Person extends MeasuredPerson>(
  person: Person,
  girths: Girths,
  size: number,
  stated: Stated,
): Judged<Person> {
  const difference = (girth: keyof Girths) => girths[girth] - person[girth];
  return {
    person,
    errors: { chest: difference('chest'), waist: difference('waist'), hip: difference('hip') },
    sizeError: size - sizeIndex(ORIGINAL_CHART, person),
    ...stated,
  };
}

export function factsOf(person: MeasuredPerson, given: GivenInputs): PersonFacts {
  return {
    heightCm: person.heightCm,
    weightKg: given.includes('weight') ? person.weightKg : undefined,
    sex: given.includes('sex') ? person.sex : undefined,
    ageYears: given.includes('age') ? person.ageYears : undefined,
  };
}
