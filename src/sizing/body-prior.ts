/** What is known of a body without the photo: from height and the other inputs given. */
import {
  BUILDS,
  type Build,
  type PriorKind,
  REFERENCE_HEIGHT_CM,
  type SexModel,
  type SizingCoefficients,
  type Spread,
} from './coefficients.ts';
import type { Gaussian } from './gaussian.ts';
import { dot, plus, scaled, times, type Vector } from './matrix.ts';
import type { PersonFacts, Sex } from './person.ts';

export interface SexPrior {
  readonly sex: Sex;
  readonly body: Gaussian;
  /** How well the facts agree with this sex, and how common such people are. */
  readonly logWeight: number;
}

/**
 * The possible bodies: of the sex that was given, else of both, weighed by how well height and weight
 * agree with each. Without a weight there is one prior per build, since people's builds are no
 * single bell curve (decision 61).
 */
export function bodyPriors(facts: PersonFacts, { sexes }: SizingCoefficients): SexPrior[] {
  const possible: readonly Sex[] = facts.sex === undefined ? ['female', 'male'] : [facts.sex];
  return possible.flatMap((sex) => {
    const model = sexes[sex];
    const ofHeight = logDensity(facts.heightCm, model.height);
    if (facts.weightKg !== undefined) {
      const build = { mean: buildOf(facts.heightCm, facts.weightKg), sd: 0 };
      const logWeight = ofHeight + logShareOfBuild(facts.heightCm, build.mean, model);
      return [{ sex, body: bodyPrior(facts, model, build), logWeight }];
    }
    return BUILDS.map((name) => ({
      sex,
      body: bodyPrior(facts, model, buildAt(facts.heightCm, model.builds[name])),
      logWeight: ofHeight + Math.log(model.builds[name].share),
    }));
  });
}

/** √(weight/height), which girths follow, from about -15 (slim) to 25 (very heavy). */
export function buildOf(heightCm: number, weightKg: number): number {
  return 100 * Math.sqrt(weightKg / heightCm) - 66;
}

/** The terms that a prior multiplies its coefficients with; `build` as in `buildOf`. */
export function factTerms(kind: PriorKind, facts: PersonFacts, build: number): Vector {
  const terms = [1, facts.heightCm - REFERENCE_HEIGHT_CM, build];
  return kind === 'age_known' ? [...terms, (facts.ageYears ?? 0) - 30] : terms;
}

/** `build`: the person's, as far as it is known. */
function bodyPrior(facts: PersonFacts, model: SexModel, build: Spread): Gaussian {
  const kind: PriorKind = facts.ageYears === undefined ? 'age_unknown' : 'age_known';
  const ageYears = facts.ageYears === undefined ? undefined : within(facts.ageYears, model.age, 3);
  const { terms, covariance } = model.body[kind];
  const slopes = terms.map(([, , onBuild = 0]) => onBuild);
  const ofBuild = slopes.map((one) => slopes.map((other) => one * other));
  return {
    mean: times(terms, factTerms(kind, { ...facts, ageYears }, build.mean)),
    covariance: scaled(plus(covariance, ofBuild, build.sd ** 2), extrapolation(facts, model)),
  };
}

function buildAt(heightCm: number, { terms, sd }: Build): Spread {
  return { mean: dot(terms, [1, heightCm - REFERENCE_HEIGHT_CM]), sd };
}

/** How much wider the prior gets for people unlike those it was fitted on: 1 within 3 sd of them. */
function extrapolation(facts: PersonFacts, { height, age, builds }: SexModel): number {
  const beyond = (value: number | undefined, spread: Spread) =>
    value === undefined ? 0 : Math.abs(value - within(value, spread, 3)) / spread.sd;
  const { heightCm, weightKg } = facts;
  const build = weightKg === undefined ? undefined : buildOf(heightCm, weightKg);
  return (
    1 +
    beyond(heightCm, height) ** 2 +
    beyond(build, buildAt(heightCm, builds.usual)) ** 2 +
    beyond(facts.ageYears, age) ** 2
  );
}

function within(value: number, { mean, sd }: Spread, sds: number): number {
  return Math.min(Math.max(value, mean - sds * sd), mean + sds * sd);
}

function logShareOfBuild(heightCm: number, value: number, { builds }: SexModel): number {
  const densities = BUILDS.map(
    (name) => builds[name].share * Math.exp(logDensity(value, buildAt(heightCm, builds[name]))),
  );
  return Math.log(densities.reduce((sum, density) => sum + density));
}

/** Of a normal distribution, but beyond 4 sd no longer falling: a person unlike both sexes has no sex for sure. */
function logDensity(value: number, { mean, sd }: Spread): number {
  const distance = Math.min(Math.abs(value - mean) / sd, 4);
  return -0.5 * distance ** 2 - Math.log(sd);
}
