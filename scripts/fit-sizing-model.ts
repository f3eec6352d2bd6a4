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
  transpose,
  type Vector,
} from '../src/sizing/matrix.ts';
import { PHOTO_FEATURES } from '../src/sizing/measure-photo.ts';
import type { KnownPerson, PhotographedPerson, TapedPerson } from './fit-sizing-data.ts';
import { leastSquares, mean } from './least-squares.ts';

/** Choices that the decision document argues for; the report varies none of them. */
export const CHOICES = {
  /** Ridge on the slopes of the photo model (features in cm on body parts in cm). */
  ridge: 10,
  /** Ridge on how loose clothes change those slopes. */
  ridgeLoose: 300,
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

/**
 * One row per feature on (tight, loose, male, height, body parts, body parts under loose clothes);
 * how much noise each fit leaves. Every person counts as one, however many photos there are.
 */
function fitPhotoModel(photos: readonly PhotographedPerson[]): PhotoModel {
  const reference = BODY.map((part) => Math.round(mean(photos.map((person) => person[part]))));
  const inputs = photos.map((person) => {
    const body = BODY.map((part, i) => person[part] - (reference[i] ?? 0));
    const { dressed } = person;
    return [
      ...(dressed ? [0, 1] : [1, 0]),
      person.sex === 'male' ? 0.5 : -0.5,
      person.heightCm - 170,
      ...body,
      ...body.map((value) => (dressed ? value : 0)),
    ];
  });
  const dressed = photos.map((person) => person.dressed);
  const weight = new Set(photos.map(({ file }) => file)).size / photos.length;
  const observed = photos.map(({ evidence }) =>
    PHOTO_FEATURES.map((name) => evidence.features[name]),
  );
  const fitted = PHOTO_FEATURES.map((name, j) => {
    // Soles and camera do not depend on girths.
    const terms = name === 'ankleToSole' ? 4 : 4 + 2 * BODY.length;
    const seen = observed.flatMap((row, i) => {
      const value = row[j] ?? null;
      return value === null
        ? []
        : [{ value, input: inputs[i] ?? [], dressed: dressed[i] === true }];
    });
    const rows = seen.map(({ input }) => input.slice(0, terms));
    const found = fitFeature(rows, seen, weight);
    return Array.from({ length: 4 + 2 * BODY.length }, (_, term) => found[term] ?? 0);
  });
  const rest = observed.map((row, i) =>
    row.map((value, j) => (value === null ? null : value - dot(fitted[j] ?? [], inputs[i] ?? []))),
  );
  const averages = PHOTO_FEATURES.map((_, j) => mean(observed.flatMap((row) => row[j] ?? [])));
  const noise = (of: boolean) =>
    noiseOf(
      photos.flatMap(({ file }, i) => (dressed[i] === of ? [{ file, rest: rest[i] ?? [] }] : [])),
      averages,
    );
  const slopes = (first: number) => fitted.map((row) => row.slice(first, first + BODY.length));
  return {
    features: PHOTO_FEATURES,
    offset: { tight: column(fitted, 0), loose: column(fitted, 1) },
    male: column(fitted, 2),
    height: column(fitted, 3),
    slopes: { tight: slopes(4), loose: plus(slopes(4), slopes(4 + BODY.length)) },
    reference,
    noise: {
      tight: noise(false),
      loose: noise(true),
      odd: scaled(noise(true), CHOICES.oddNoise),
    },
    fitShares: CHOICES.fitShares,
  };
}

interface SeenFeature {
  readonly value: number;
  readonly dressed: boolean;
}

/** Ridge regression that trusts dressed and undressed people each by their own noise. */
function fitFeature(inputs: Matrix, seen: readonly SeenFeature[], weight: number): Vector {
  const penalties = inputs[0]?.map((_, i) => {
    if (i < 2) return 0;
    if (i === 2) return CHOICES.ridgeMale;
    return i < 4 + BODY.length ? CHOICES.ridge : CHOICES.ridgeLoose;
  });
  const observed = seen.map(({ value }) => value);
  let weights = observed.map(() => weight);
  let terms: Vector = [];
  for (let round = 0; round < 4; round += 1) {
    terms = leastSquares(inputs, observed, weights, penalties);
    const squares = observed.map((value, i) => (value - dot(terms, inputs[i] ?? [])) ** 2);
    const variance = (of: boolean) => mean(squares.filter((_, i) => seen[i]?.dressed === of));
    const [undressed, dressed] = [variance(false), variance(true)];
    const raw = seen.map((one) => 1 / (one.dressed ? dressed : undressed));
    weights = raw.map((value) => (weight * value) / mean(raw));
  }
  return terms;
}

/** What one photo leaves unexplained, per feature; null where it was not seen. */
interface Unexplained {
  readonly file: string;
  readonly rest: readonly (number | null)[];
}

/** Covariance over the photos that show both of two features, for people that were not fitted on. */
function noiseOf(photos: readonly Unexplained[], averages: Vector): Matrix {
  const unseen = averages.map((_, j) => {
    const people = new Set(photos.filter(({ rest }) => rest[j] !== null).map(({ file }) => file))
      .size;
    if (people < 6) throw new Error(`only ${people} people show ${PHOTO_FEATURES[j]}`);
    return Math.sqrt(people / (people - 3));
  });
  const covariance = averages.map((a, i) =>
    averages.map((b, j) => {
      const products = photos.flatMap(({ rest }) => {
        const [one, other] = [rest[i] ?? null, rest[j] ?? null];
        return one === null || other === null ? [] : [one * other];
      });
      const keep = i === j ? 1 : 1 - CHOICES.shrinkCorrelations;
      const seen = keep * mean(products) * (unseen[i] ?? 1) * (unseen[j] ?? 1);
      return CHOICES.noiseInflation * (seen + CHOICES.scaleJitter ** 2 * a * b);
    }),
  );
  cholesky(covariance); // Throws when shrinking was not enough to make it a covariance.
  return covariance;
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

function covarianceOf(rest: Matrix, degrees: number): Matrix {
  return scaled(multiply(transpose(rest), rest), 1 / degrees);
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
