/** The body before the photo is looked at: from height and the other inputs given. */
import type { PriorKind, SexModel, SizingCoefficients, Spread } from './coefficients.ts';
import type { Gaussian } from './gaussian.ts';
import { dot, scaled, times, type Vector } from './matrix.ts';
import type { PersonFacts, Sex } from './person.ts';

export interface SexPrior {
  readonly sex: Sex;
  readonly body: Gaussian;
  /** How well the facts agree with this sex. */
  readonly logWeight: number;
}

/**
 * One prior per possible sex: one when it was given, else both, weighed by how well
 * height and weight agree with each.
 */
export function bodyPriors(facts: PersonFacts, { sexes }: SizingCoefficients): SexPrior[] {
  const possible: readonly Sex[] = facts.sex === undefined ? ['female', 'male'] : [facts.sex];
  return possible.map((sex) => ({
    sex,
    body: bodyPrior(facts, sexes[sex]),
    logWeight: logWeight(facts, sexes[sex]),
  }));
}

/** The terms that a prior of this kind multiplies its coefficients with. Girths follow √(weight/height). */
export function factTerms(kind: PriorKind, facts: PersonFacts): Vector {
  const { heightCm, weightKg = Number.NaN, ageYears = Number.NaN } = facts;
  const terms = [1, heightCm - 170];
  if (kind.includes('weight')) terms.push(100 * Math.sqrt(weightKg / heightCm) - 66);
  if (kind.includes('age')) terms.push(ageYears - 30);
  return terms;
}

function bodyPrior(facts: PersonFacts, model: SexModel): Gaussian {
  const { terms, covariance } = model.body[kindOf(facts)];
  const ageYears = facts.ageYears === undefined ? undefined : within(facts.ageYears, model.age, 3);
  return {
    mean: times(terms, factTerms(kindOf(facts), { ...facts, ageYears })),
    covariance: scaled(covariance, extrapolation(facts, model)),
  };
}

function kindOf({ weightKg, ageYears }: PersonFacts): PriorKind {
  if (weightKg !== undefined) return ageYears === undefined ? 'height_weight' : 'height_weight_age';
  return ageYears === undefined ? 'height' : 'height_age';
}

/** How much wider the prior gets for people unlike those it was fitted on: 1 within 3 sd of them. */
function extrapolation(facts: PersonFacts, model: SexModel): number {
  const beyond = (value: number | undefined, spread: Spread) =>
    value === undefined ? 0 : Math.abs(value - within(value, spread, 3)) / spread.sd;
  const { terms, sd } = model.weight;
  const mean = dot(terms, [1, facts.heightCm - 170]);
  return (
    1 +
    beyond(facts.heightCm, model.height) ** 2 +
    beyond(facts.weightKg, { mean, sd }) ** 2 +
    beyond(facts.ageYears, model.age) ** 2
  );
}

function within(value: number, { mean, sd }: Spread, sds: number): number {
  return Math.min(Math.max(value, mean - sds * sd), mean + sds * sd);
}

function logWeight({ heightCm, weightKg }: PersonFacts, model: SexModel): number {
  const ofHeight = logDensity(heightCm, model.height);
  if (weightKg === undefined) return ofHeight;
  const { terms, sd } = model.weight;
  return ofHeight + logDensity(weightKg, { mean: dot(terms, [1, heightCm - 170]), sd });
}

/** Of a normal distribution, but beyond 4 sd no longer falling: a person unlike both sexes has no sex for sure. */
function logDensity(value: number, { mean, sd }: Spread): number {
  const distance = Math.min(Math.abs(value - mean) / sd, 4);
  return -0.5 * distance ** 2 - Math.log(sd);
}
