/**
 * The mathematics of `npm run fit:sizing`: from measured people to the coefficients of the sizing.
 * Least squares, a little ridge, covariances of what is left. No randomness.
 */

import type { Sex } from '../src/sizing/body-estimate.ts';
import { factTerms } from '../src/sizing/body-prior.ts';
import {
  BODY,
  type PhotoModel,
  type PriorKind,
  type SexModel,
  type SizingCoefficients,
} from '../src/sizing/coefficients.ts';
import {
  cholesky,
  dot,
  type Matrix,
  multiply,
  plus,
  scaled,
  solve,
  transpose,
  type Vector,
} from '../src/sizing/matrix.ts';
import { PHOTO_FEATURES, type PhotoFeatures } from '../src/sizing/measure-photo.ts';
import type { KnownPerson, PhotographedPerson, TapedPerson } from './fit-sizing-data.ts';

/** Choices that the decision document argues for; the report varies none of them. */
export const CHOICES = {
  /** Ridge on the slopes of the photo model (features in cm on body parts in cm). */
  ridge: 10,
  /** Ridge on the difference between the sexes. */
  ridgeMale: 2,
  /** How far correlations between the features' errors are drawn to zero: 60 and 40 people are few. */
  shrinkCorrelations: 0.4,
  /** Error of scale that other cameras, shoes and hair add: a share of every feature. */
  scaleJitter: 0.01,
  /** The noise of unseen people against that of the fitted ones. */
  noiseInflation: 1.3,
  /** Clothes or cameras unlike any seen: this many times the noise of loose clothes. */
  oddNoise: 8,
  fitShares: { tight: 0.475, loose: 0.475, odd: 0.05 },
} as const;

/** Everything the estimate needs, without the description of the data. */
export function fitSizing(
  taped: readonly TapedPerson[],
  photographed: readonly PhotographedPerson[],
): Omit<SizingCoefficients, 'about'> {
  return {
    sexes: { female: fitSex(taped, 'female'), male: fitSex(taped, 'male') },
    photo: fitPhotoModel(photographed),
    bodyTypes: bodyTypeLimits(taped),
  };
}

function fitSex(taped: readonly TapedPerson[], sex: Sex): SexModel {
  const people = taped.filter((person) => person.sex === sex);
  const byHeight = people.map(({ heightCm }) => [1, heightCm - 170]);
  const weights = people.map(({ weightKg }) => weightKg);
  const weightTerms = leastSquares(byHeight, weights);
  const weightRest = weights.map((weight, i) => weight - dot(weightTerms, byHeight[i] ?? []));
  return {
    height: spread(people.map(({ heightCm }) => heightCm)),
    age: spread(people.map(({ ageYears }) => ageYears)),
    weight: { terms: weightTerms, sd: spread(weightRest).sd },
    body: {
      height: fitBody(people, 'height'),
      height_weight: fitBody(people, 'height_weight'),
      height_age: fitBody(people, 'height_age'),
      height_weight_age: fitBody(people, 'height_weight_age'),
    },
    biacromial: leastSquares(
      people.map(({ heightCm, bideltoid, chest }) => [1, heightCm - 170, bideltoid, chest]),
      people.map(({ biacromial }) => biacromial),
    ),
    inseam: leastSquares(
      byHeight,
      people.map(({ inseam }) => inseam),
    ),
  };
}

function fitBody(people: readonly KnownPerson[], kind: PriorKind) {
  const inputs = people.map((person) => factTerms(kind, person));
  const terms = BODY.map((part) =>
    leastSquares(
      inputs,
      people.map((person) => person[part]),
    ),
  );
  const rest = people.map((person, i) =>
    BODY.map((part, j) => person[part] - dot(terms[j] ?? [], inputs[i] ?? [])),
  );
  return { terms, covariance: covarianceOf(rest, people.length - 1) };
}

/** One row per feature on (tight, loose, male, height, body parts); how much noise each fit leaves. */
function fitPhotoModel(people: readonly PhotographedPerson[]): PhotoModel {
  const reference = BODY.map((part) => Math.round(mean(people.map((person) => person[part]))));
  const inputs = people.map((person) => [
    person.dressed ? 0 : 1,
    person.dressed ? 1 : 0,
    person.sex === 'male' ? 0.5 : -0.5,
    person.heightCm - 170,
    ...BODY.map((part, i) => person[part] - (reference[i] ?? 0)),
  ]);
  const dressed = people.map((person) => person.dressed);
  const observed = people.map(({ evidence }) =>
    PHOTO_FEATURES.map((name) => known(evidence.features, name)),
  );
  const fitted = PHOTO_FEATURES.map((name, j) => {
    // Soles and camera do not depend on girths.
    const usesBody = name !== 'ankleToSole';
    const rows = usesBody ? inputs : inputs.map((row) => row.slice(0, 4));
    const values = column(observed, j);
    return [...fitFeature(rows, values, dressed), ...(usesBody ? [] : BODY.map(() => 0))];
  });
  const rest = observed.map((row, i) =>
    row.map((value, j) => value - dot(fitted[j] ?? [], inputs[i] ?? [])),
  );
  const averages = transpose(observed).map(mean);
  const loose = noiseOf(
    rest.filter((_, i) => dressed[i]),
    averages,
  );
  return {
    features: PHOTO_FEATURES,
    offset: { tight: column(fitted, 0), loose: column(fitted, 1) },
    male: column(fitted, 2),
    height: column(fitted, 3),
    slopes: fitted.map((row) => row.slice(4)),
    reference,
    noise: {
      tight: noiseOf(
        rest.filter((_, i) => !dressed[i]),
        averages,
      ),
      loose,
      odd: scaled(loose, CHOICES.oddNoise),
    },
    fitShares: CHOICES.fitShares,
  };
}

/** Ridge regression that trusts dressed and undressed people each by their own noise. */
function fitFeature(inputs: Matrix, observed: Vector, dressed: readonly boolean[]): Vector {
  const penalties = inputs[0]?.map((_, i) =>
    i < 2 ? 0 : i === 2 ? CHOICES.ridgeMale : CHOICES.ridge,
  );
  let weights = observed.map(() => 1);
  let terms: Vector = [];
  for (let round = 0; round < 3; round += 1) {
    terms = leastSquares(inputs, observed, weights, penalties);
    const squares = observed.map((value, i) => (value - dot(terms, inputs[i] ?? [])) ** 2);
    const variance = (of: boolean) => mean(squares.filter((_, i) => dressed[i] === of));
    const raw = dressed.map((is) => 1 / variance(is));
    weights = raw.map((weight) => weight / mean(raw));
  }
  return terms;
}

function noiseOf(rest: Matrix, averages: Vector): Matrix {
  const raw = covarianceOf(rest, rest.length - 3);
  const keep = 1 - CHOICES.shrinkCorrelations;
  const shrunk = raw.map((row, i) => row.map((value, j) => (i === j ? value : value * keep)));
  const jitter = averages.map((a) => averages.map((b) => CHOICES.scaleJitter ** 2 * a * b));
  return scaled(plus(shrunk, jitter), CHOICES.noiseInflation);
}

function bodyTypeLimits(taped: readonly TapedPerson[]): SizingCoefficients['bodyTypes'] {
  const waistToHeight = taped.map(({ waist, heightCm }) => waist / heightCm);
  const [low, high] = [quantile(waistToHeight, 0.25), quantile(waistToHeight, 0.75)];
  const between = taped.filter((_, i) => {
    const ratio = waistToHeight[i] ?? 0;
    return ratio >= low && ratio <= high;
  });
  return {
    slimBelowWaistToHeight: low,
    broadAboveWaistToHeight: high,
    athleticAboveShoulderToWaist: quantile(
      between.map(({ bideltoid, waist }) => bideltoid / waist),
      0.75,
    ),
  };
}

/** Weighted least squares with a ridge per input. */
function leastSquares(
  inputs: Matrix,
  observed: Vector,
  weights: Vector = observed.map(() => 1),
  penalties: Vector = inputs[0]?.map(() => 0) ?? [],
): Vector {
  const columns = transpose(inputs);
  const weighted = inputs.map((row, i) => row.map((value) => value * (weights[i] ?? 1)));
  const normal = multiply(columns, weighted).map((row, i) =>
    row.map((value, j) => (i === j ? value + (penalties[i] ?? 0) : value)),
  );
  return solve(
    cholesky(normal),
    transpose(weighted).map((values) => dot(values, observed)),
  );
}

function covarianceOf(rest: Matrix, degrees: number): Matrix {
  return scaled(multiply(transpose(rest), rest), 1 / degrees);
}

function known(features: PhotoFeatures, name: keyof PhotoFeatures): number {
  const value = features[name];
  if (value === null) throw new Error(`a photo to fit on shows no ${name}`);
  return value;
}

function column(rows: Matrix, index: number): Vector {
  return rows.map((row) => row[index] ?? 0);
}

function spread(values: Vector): { mean: number; sd: number } {
  const centre = mean(values);
  return { mean: centre, sd: Math.sqrt(mean(values.map((value) => (value - centre) ** 2))) };
}

function quantile(values: Vector, share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.round(share * (sorted.length - 1))] ?? 0;
}

export function mean(values: Vector): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
