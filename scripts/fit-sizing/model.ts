/**
 * The mathematics of `npm run fit:sizing`: from measured people to the coefficients of the sizing.
 * Least squares, a little ridge, covariances of what is left. No randomness.
 */
import { buildOf, factTerms } from '../../src/sizing/body-prior.ts';
import {
  BODY,
  type PriorKind,
  REFERENCE_HEIGHT_CM,
  type SexModel,
  type SizingCoefficients,
} from '../../src/sizing/coefficients.ts';
import {
  dot,
  type Matrix,
  multiply,
  scaled,
  transpose,
  type Vector,
} from '../../src/sizing/matrix.ts';
import type { Sex } from '../../src/sizing/person.ts';
import { CHOICES } from './choices.ts';
import { leastSquares, spread } from './least-squares.ts';
import type { KnownPerson, PhotographedPerson, TapedPerson } from './people.ts';
import { fitPerspective } from './perspective.ts';
import { fitPhotoModel } from './photo-model.ts';

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
  const byHeight = people.map(({ heightCm }) => [1, heightCm - REFERENCE_HEIGHT_CM]);
  const builds = people.map(({ heightCm, weightKg }) => buildOf(heightCm, weightKg));
  const terms = leastSquares(byHeight, builds);
  const { sd } = spread(builds.map((build, i) => build - dot(terms, byHeight[i] ?? [])));
  const { mean, ...heavy } = CHOICES.heavy[sex];
  return {
    height: spread(people.map(({ heightCm }) => heightCm)),
    age: spread(people.map(({ ageYears }) => ageYears)),
    builds: {
      usual: { terms, sd, share: 1 - heavy.share },
      heavy: { ...heavy, terms: [mean, terms[1] ?? 0] },
    },
    body: {
      age_unknown: fitBody(people, 'age_unknown'),
      age_known: fitBody(people, 'age_known'),
    },
    biacromial: leastSquares(
      people.map(({ heightCm, bideltoid, chest }) => [
        1,
        heightCm - REFERENCE_HEIGHT_CM,
        bideltoid,
        chest,
      ]),
      people.map(({ biacromial }) => biacromial),
    ),
    inseam: leastSquares(
      byHeight,
      people.map(({ inseam }) => inseam),
    ),
  };
}

function fitBody(people: readonly KnownPerson[], kind: PriorKind) {
  const inputs = people.map((person) =>
    factTerms(kind, person, buildOf(person.heightCm, person.weightKg)),
  );
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

function quantile(values: Vector, share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.round(share * (sorted.length - 1))] ?? 0;
}
