/**
 * The mathematics of `npm run fit:sizing`: from measured people to the coefficients of the sizing.
 * Least squares, a little ridge, covariances of what is left. No randomness.
 */

import type { Sex } from '../src/sizing/body-estimate.ts';
import { factTerms } from '../src/sizing/body-prior.ts';
import {
  BODY,
  type BodyPart,
  type PerspectiveModel,
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
import { measurePhoto, PHOTO_FEATURES } from '../src/sizing/measure-photo.ts';
import { perspectiveTerms, withoutPerspective } from '../src/sizing/perspective.ts';
import type { KnownPerson, Maker, PhotographedPerson, TapedPerson } from './fit-sizing-data.ts';
import { leastSquares, mean } from './least-squares.ts';

/** Choices that the decision document argues for; the report varies none of them. */
export const CHOICES = {
  /** Ridge on the slopes of the photo model (features in cm on body parts in cm). */
  ridge: 10,
  /** Ridge on how loose clothes change those slopes. */
  ridgeLoose: 300,
  /** Ridge on the difference between the sexes. */
  ridgeMale: 2,
  /** Ridge on the standardised terms of the perspective, per photo. */
  ridgePerspective: 1e-3,
  /** How far correlations between the features' errors are drawn to zero. */
  shrinkCorrelations: 0.1,
  /** The noise of unseen people against that of the fitted ones. */
  noiseInflation: 1.3,
  /** Clothes or cameras unlike any seen: this many times the noise of loose clothes. */
  oddNoise: 8,
  fitShares: { tight: 0.25, loose: 0.7, odd: 0.05 },
} as const;

/** Everything the estimate needs, without the description of the data. */
export function fitSizing(
  taped: readonly TapedPerson[],
  photographed: readonly PhotographedPerson[],
): Omit<SizingCoefficients, 'about'> {
  const perspective = fitPerspective(photographed);
  return {
    sexes: { female: fitSex(taped, 'female'), male: fitSex(taped, 'male') },
    perspective,
    photo: fitPhotoModel(photographed, perspective),
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

/** The survey's people tell 1.9 cm more than they measure; the older renders have no told heights. */
const TOLD_TOO_MUCH_CM = 1.9;
const OLDER: readonly Maker[] = ['people', 'people-dressed'];

/** Per photo: the height as told, the features at that height, and the inputs of the regression. */
interface PhotoRow {
  readonly maker: Maker;
  readonly dressed: boolean;
  readonly inputs: Vector;
  readonly observed: readonly (number | null)[];
  /** Photos and variants of one file count as one together. */
  readonly weight: number;
}

function photoRow(
  person: PhotographedPerson,
  perspective: PerspectiveModel,
  { reference, weight }: { reference: Vector; weight: number },
): PhotoRow {
  const { maker, dressed, evidence, sex } = person;
  const heightCm = person.heightCm + (OLDER.includes(maker) ? TOLD_TOO_MUCH_CM : 0);
  const features = withoutPerspective(evidence.features, evidence.perspective, perspective);
  const observed = PHOTO_FEATURES.map((name) => {
    const value = features[name];
    return value === null ? null : (value * heightCm) / person.heightCm;
  });
  const body = BODY.map((part, i) =>
    SHOWN.includes(part) ? person[part] - (reference[i] ?? 0) : 0,
  );
  const inputs = [
    ...(dressed ? [0, 1] : [1, 0]),
    sex === 'male' ? 0.5 : -0.5,
    heightCm - 170,
    ...body,
    ...body.map((value) => (dressed ? value : 0)),
  ];
  return { maker, dressed, inputs, observed, weight };
}

/** What photos show; girths of waist and hips follow from breadths as in people measured by tape. */
const SHOWN: readonly BodyPart[] = ['chest', 'bideltoid', 'waistBreadth', 'hipBreadth'];

/**
 * One row per feature on (tight, loose, male, height, body parts, body parts under loose clothes).
 * The noise is what a fit without the photo's maker leaves; every maker counts alike.
 */
function fitPhotoModel(
  photos: readonly PhotographedPerson[],
  perspective: PerspectiveModel,
): PhotoModel {
  const reference = BODY.map((part) => Math.round(mean(photos.map((person) => person[part]))));
  const counts = new Map<string, number>();
  for (const { file } of photos) counts.set(file, (counts.get(file) ?? 0) + 1);
  const rows = photos.map((person) =>
    photoRow(person, perspective, { reference, weight: 1 / (counts.get(person.file) ?? 1) }),
  );
  const fitted = fitFeatures(rows);
  const unexplained = [...new Set(rows.map(({ maker }) => maker))].flatMap((maker) => {
    const others = fitFeatures(rows.filter((row) => row.maker !== maker));
    return rows
      .filter((row) => row.maker === maker)
      .map((row) => ({
        ...row,
        rest: row.observed.map((value, j) =>
          value === null ? null : value - dot(others[j] ?? [], row.inputs),
        ),
      }));
  });
  const noise = (dressed: boolean) => noiseOf(unexplained.filter((row) => row.dressed === dressed));
  const slopes = (first: number) => fitted.map((row) => row.slice(first, first + BODY.length));
  return {
    features: PHOTO_FEATURES,
    offset: { tight: column(fitted, 0), loose: column(fitted, 1) },
    male: column(fitted, 2),
    height: column(fitted, 3),
    slopes: { tight: slopes(4), loose: plus(slopes(4), slopes(4 + BODY.length)) },
    reference,
    noise: { tight: noise(false), loose: noise(true), odd: scaled(noise(true), CHOICES.oddNoise) },
    fitShares: CHOICES.fitShares,
  };
}

function fitFeatures(rows: readonly PhotoRow[]): Matrix {
  const all = 4 + 2 * BODY.length;
  return PHOTO_FEATURES.map((name, j) => {
    // Soles and camera do not depend on girths.
    const terms = name === 'ankleToSole' ? 4 : all;
    const seen = rows.flatMap((row) => {
      const value = row.observed[j] ?? null;
      return value === null ? [] : [{ ...row, value, inputs: row.inputs.slice(0, terms) }];
    });
    const found = fitFeature(seen);
    return Array.from({ length: all }, (_, term) => found[term] ?? 0);
  });
}

/** Ridge regression that trusts dressed and undressed people each by their own noise. */
function fitFeature(seen: readonly (PhotoRow & { readonly value: number })[]): Vector {
  const inputs = seen.map((row) => row.inputs);
  const observed = seen.map(({ value }) => value);
  const penalties = inputs[0]?.map((_, i) => {
    if (i < 2) return 0;
    if (i < 4) return i === 2 ? CHOICES.ridgeMale : 0;
    return i < 4 + BODY.length ? CHOICES.ridge : CHOICES.ridgeLoose;
  });
  let weights: Vector = seen.map(({ weight }) => weight);
  let terms: Vector = [];
  for (let round = 0; round < 3; round += 1) {
    terms = leastSquares(inputs, observed, weights, penalties);
    const squares = observed.map((value, i) => (value - dot(terms, inputs[i] ?? [])) ** 2);
    const variance = (of: boolean) => mean(squares.filter((_, i) => seen[i]?.dressed === of));
    const [undressed, dressed] = [variance(false), variance(true)];
    const raw = seen.map((one) => 1 / (one.dressed ? dressed : undressed));
    const average = mean(raw);
    weights = raw.map((value, i) => ((seen[i]?.weight ?? 0) * value) / average);
  }
  return terms;
}

type Unexplained = PhotoRow & { readonly rest: readonly (number | null)[] };

/** Covariance over the photos that show both of two features. */
function noiseOf(photos: readonly Unexplained[]): Matrix {
  const ofMaker = new Map<Maker, number>();
  for (const { maker, weight } of photos) ofMaker.set(maker, (ofMaker.get(maker) ?? 0) + weight);
  const share = ({ maker, weight }: Unexplained) => weight / (ofMaker.get(maker) ?? 1);
  const covariance = PHOTO_FEATURES.map((_, i) =>
    PHOTO_FEATURES.map((__, j) => {
      let [sum, total] = [0, 0];
      for (const photo of photos) {
        const [one, other] = [photo.rest[i] ?? null, photo.rest[j] ?? null];
        if (one === null || other === null) continue;
        sum += share(photo) * one * other;
        total += share(photo);
      }
      const keep = i === j ? 1 : 1 - CHOICES.shrinkCorrelations;
      return (CHOICES.noiseInflation * keep * sum) / total;
    }),
  );
  cholesky(covariance); // Throws when shrinking was not enough to make it a covariance.
  return covariance;
}

/** Ridge on standardised numbers and their products, of the true scale at the trunk against that of the body. */
function fitPerspective(photos: readonly PhotographedPerson[]): PerspectiveModel {
  const known = photos.flatMap(({ evidence: { perspective }, pxPerCm, figures, statureCm }) => {
    const measured = measurePhoto(figures.asTaken, statureCm);
    if (pxPerCm === null || measured === null) return [];
    return [{ perspective, pxPerCm, cmPerPx: measured.cmPerPx }];
  });
  const numbers = transpose(known.map(({ perspective }) => perspective)).map(spread);
  const usual = { mean: numbers.map((one) => one.mean), sd: numbers.map((one) => one.sd) };
  const inputs = known.map(({ perspective }) => perspectiveTerms(perspective, usual));
  const penalties = inputs[0]?.map((_, i) =>
    i === 0 ? 0 : CHOICES.ridgePerspective * known.length,
  );
  const fit = (level: 'chest' | 'hip') =>
    leastSquares(
      inputs,
      known.map(({ pxPerCm, cmPerPx }) => Math.log(pxPerCm[level] * cmPerPx)),
      undefined,
      penalties,
    );
  return { ...usual, chest: fit('chest'), hip: fit('hip') };
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
