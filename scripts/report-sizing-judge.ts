/** Judges the sizing on people that it was not fitted on: errors, sizes, calibration, baselines. */
import type { Girths, PersonFacts } from '../src/sizing/body-estimate.ts';
import { GIRTHS } from '../src/sizing/body-estimate.ts';
import type { SizingCoefficients } from '../src/sizing/coefficients.ts';
import { estimateBody, estimateFromEvidence } from '../src/sizing/estimate-body.ts';
import { ORIGINAL_CHART, sizeIndex } from '../src/sizing/size-chart.ts';
import {
  type PhotographedPerson,
  photosToFitOn,
  type SizingData,
  type TapedPerson,
} from './fit-sizing-data.ts';
import { fitSizing } from './fit-sizing-model.ts';
import { mean } from './least-squares.ts';

/** One answer for one person beside the truth. */
export interface Judged {
  readonly person: PhotographedPerson;
  readonly errors: Girths;
  /** Recommended minus right size, in steps of the chart. */
  readonly sizeError: number;
  /** The stated probability that the size is right; null from estimators that state none. */
  readonly confidence: number | null;
  /** Each girth's stated standard deviation; null from estimators that state none. */
  readonly sd: Girths | null;
}

export interface Answer {
  readonly girths: Girths;
  readonly sizeIndex: number;
  readonly confidence: number | null;
  readonly sd: Girths | null;
}

/** What the person told besides the height. */
export type Told = readonly ('weight' | 'sex' | 'age')[];

export const FOLDS = 10;

/** For each fold the coefficients that were fitted without its people. */
export function fitFolds(data: SizingData): SizingCoefficients[] {
  return Array.from({ length: FOLDS }, (_, fold) => ({
    about: {},
    ...fitSizing(data.taped, photosToFitOn(data, peopleIn(fold, data))),
  }));
}

/**
 * Answers about `photos` from coefficients that were fitted without the person (`usePhoto` false:
 * from the facts alone). `folds` are those of `fitFolds` for the same data.
 */
export function crossValidate(
  photos: readonly PhotographedPerson[],
  folds: readonly SizingCoefficients[],
  { data, told, usePhoto }: { data: SizingData; told: Told; usePhoto: boolean },
): Judged[] {
  const foldByFile = new Map(data.photographed.map(({ file }, i) => [file, foldOf(i)]));
  return photos.map((person) => {
    const coefficients = folds[foldByFile.get(person.file) ?? -1];
    if (coefficients === undefined) throw new Error(`${person.file} is in no fold`);
    const evidence = usePhoto ? person.evidence : null;
    const facts = factsOf(person, told);
    const estimate = estimateFromEvidence(facts, evidence, ORIGINAL_CHART, coefficients);
    const { chestCm: chest, waistCm: waist, hipCm: hip } = estimate.measurements;
    return judge(person, {
      girths: { chest, waist, hip },
      sizeIndex: indexOf(estimate.recommendedSize),
      confidence: estimate.confidence,
      sd: estimate.uncertaintyCm,
    });
  });
}

/** The answers of the original's formula. */
export function judgeClassic({ photographed }: SizingData): Judged[] {
  return photographed.map((person) => {
    const { heightCm, photo } = person;
    const estimate = estimateBody({ photo, heightCm, estimator: 'classic' });
    const { chestCm: chest, waistCm: waist, hipCm: hip } = estimate.measurements;
    const index = indexOf(estimate.recommendedSize);
    return judge(person, {
      girths: { chest, waist, hip },
      sizeIndex: index,
      confidence: null,
      sd: null,
    });
  });
}

/** The mean of the tape-measured people (both sexes alike) for everybody. */
export function judgeConstant({ taped, photographed }: SizingData): Judged[] {
  const average = (key: 'chest' | 'waist' | 'hip') =>
    mean(
      (['female', 'male'] as const).map((sex) =>
        mean(taped.filter((person: TapedPerson) => person.sex === sex).map((p) => p[key])),
      ),
    );
  const girths = { chest: average('chest'), waist: average('waist'), hip: average('hip') };
  const answer = {
    girths,
    sizeIndex: sizeIndex(ORIGINAL_CHART, girths),
    confidence: null,
    sd: null,
  };
  return photographed.map((person) => judge(person, answer));
}

/** Mean distance between stated confidence and share of hits, over bins of equal width. */
export function calibration(judged: readonly Judged[], bins = 5) {
  const stated = judged.filter((one) => one.confidence !== null);
  const rows = Array.from({ length: bins }, (_, bin) => {
    const inside = stated.filter(
      ({ confidence }) => Math.min(Math.floor((confidence ?? 0) * bins), bins - 1) === bin,
    );
    return {
      from: bin / bins,
      to: (bin + 1) / bins,
      count: inside.length,
      stated: mean(inside.map(({ confidence }) => confidence ?? 0)),
      right: mean(inside.map(({ sizeError }) => (sizeError === 0 ? 1 : 0))),
    };
  }).filter(({ count }) => count > 0);
  const error = rows.reduce(
    (sum, { count, stated: said, right }) => sum + (count * Math.abs(said - right)) / stated.length,
    0,
  );
  // The mean distance of an honest confidence: √(2/π) of the standard error of each bin's share.
  const byChance = rows.reduce(
    (sum, { count, stated: said }) =>
      sum + (Math.sqrt(((2 / Math.PI) * said * (1 - said)) / count) * count) / stated.length,
    0,
  );
  return { rows, error, byChance };
}

function judge(person: PhotographedPerson, answer: Answer): Judged {
  const difference = (girth: keyof Girths) => answer.girths[girth] - person[girth];
  return {
    person,
    errors: { chest: difference('chest'), waist: difference('waist'), hip: difference('hip') },
    sizeError: answer.sizeIndex - sizeIndex(ORIGINAL_CHART, person),
    confidence: answer.confidence,
    sd: answer.sd,
  };
}

/** Per girth: mean absolute error, bias, standard deviation of the error. */
export function errorsOf(judged: readonly Judged[]) {
  return GIRTHS.map((girth) => {
    const errors = judged.map((one) => one.errors[girth]);
    const bias = mean(errors);
    return {
      girth,
      mae: mean(errors.map(Math.abs)),
      bias,
      sd: Math.sqrt(mean(errors.map((error) => (error - bias) ** 2))),
    };
  });
}

/** Shares of answers at most `steps` sizes off. */
export function withinSizes(judged: readonly Judged[], steps: number): number {
  return mean(judged.map(({ sizeError }) => (Math.abs(sizeError) <= steps ? 1 : 0)));
}

function factsOf(person: PhotographedPerson, told: Told): PersonFacts {
  return {
    heightCm: person.heightCm,
    weightKg: told.includes('weight') ? person.weightKg : undefined,
    sex: told.includes('sex') ? person.sex : undefined,
    ageYears: told.includes('age') ? person.ageYears : undefined,
  };
}

function indexOf(size: string): number {
  return ORIGINAL_CHART.sizes.findIndex((entry) => entry.size === size);
}

function peopleIn(fold: number, { photographed }: SizingData): Set<string> {
  return new Set(photographed.filter((_, i) => foldOf(i) === fold).map(({ file }) => file));
}

function foldOf(index: number): number {
  return index % FOLDS;
}
