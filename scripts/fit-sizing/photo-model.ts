/** Fits how photos show bodies: outlines against breadths, and what that leaves unexplained. */
import {
  BODY,
  type BodyPart,
  type PerspectiveModel,
  type PhotoModel,
  REFERENCE_HEIGHT_CM,
} from '../../src/sizing/coefficients.ts';
import { cholesky, dot, type Matrix, scaled, solve, type Vector } from '../../src/sizing/matrix.ts';
import { withoutPerspective } from '../../src/sizing/perspective.ts';
import { PHOTO_FEATURES } from '../../src/sizing/photo-features.ts';
import type { Maker } from '../data-sets.ts';
import { CHOICES } from './choices.ts';
import { leastSquares, mean } from './least-squares.ts';
import { OLDER, type PhotographedPerson } from './people.ts';

/** People of the survey report 1.9 cm more than they measure; the older renders have no self-reported heights. */
export const OVERSTATED_CM = 1.9;

/** Per photo: the height as reported, the features at that height, and the inputs of the regression. */
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
  const heightCm = person.heightCm + (OLDER.includes(maker) ? OVERSTATED_CM : 0);
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
    heightCm - REFERENCE_HEIGHT_CM,
    ...body,
  ];
  return { maker, dressed, inputs, observed, weight };
}

/** What photos show; girths of waist and hips follow from breadths as in people measured by tape. */
const SHOWN: readonly BodyPart[] = ['chest', 'bideltoid', 'waistBreadth', 'hipBreadth'];

/**
 * One row per feature on (tight, loose, male, height, body parts).
 * The noise is what a fit without the photo's maker leaves; every maker counts alike.
 */
export function fitPhotoModel(
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
  return {
    features: PHOTO_FEATURES,
    offset: { tight: column(fitted, 0), loose: column(fitted, 1) },
    male: column(fitted, 2),
    height: column(fitted, 3),
    slopes: fitted.map((row) => row.slice(4)),
    reference,
    noise: { tight: noise(false), loose: noise(true) },
    fits: CHOICES.fits,
  };
}

function fitFeatures(rows: readonly PhotoRow[]): Matrix {
  const all = 4 + BODY.length;
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
    if (i === 2) return CHOICES.ridgeMale;
    return i < 4 ? 0 : CHOICES.ridge;
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

/**
 * Covariance of what the clothes and the pose engine add, as of a t distribution: photos far from
 * the others count less (skirts show no legs; the hypothesis `odd` is for such).
 */
function noiseOf(photos: readonly Unexplained[]): Matrix {
  const ofMaker = new Map<Maker, number>();
  for (const { maker, weight } of photos) ofMaker.set(maker, (ofMaker.get(maker) ?? 0) + weight);
  const shares = photos.map(({ maker, weight }) => weight / (ofMaker.get(maker) ?? 1));
  let covariance = covarianceOf(photos, shares);
  for (let round = 0; round < 4; round += 1) {
    const weights = photos.map(({ rest }, i) => (shares[i] ?? 0) * typicality(rest, covariance));
    covariance = covarianceOf(photos, weights);
  }
  return scaled(covariance, CHOICES.noiseInflation);
}

/** Over the photos that show both of two features. */
function covarianceOf(photos: readonly Unexplained[], weights: Vector): Matrix {
  return PHOTO_FEATURES.map((_, i) =>
    PHOTO_FEATURES.map((__, j) => {
      let [sum, total] = [0, 0];
      for (const [k, { rest }] of photos.entries()) {
        const [one, other, weight] = [rest[i] ?? null, rest[j] ?? null, weights[k] ?? 0];
        if (one === null || other === null) continue;
        sum += weight * one * other;
        total += weight;
      }
      const keep = i === j ? 1 : 1 - CHOICES.shrinkCorrelations;
      return (keep * sum) / total;
    }),
  );
}

/** The weight of a photo in a t distribution: about 1 among the others, small far from them. */
function typicality(rest: Unexplained['rest'], covariance: Matrix): number {
  const seen = rest.flatMap((value, index) => (value === null ? [] : [{ value, index }]));
  const values = seen.map(({ value }) => value);
  const ofSeen = seen.map((row) => seen.map(({ index }) => covariance[row.index]?.[index] ?? 0));
  const distance = dot(values, solve(cholesky(ofSeen), values));
  return (CHOICES.noiseFreedom + values.length) / (CHOICES.noiseFreedom + distance);
}

function column(rows: Matrix, index: number): Vector {
  return rows.map((row) => row[index] ?? 0);
}
