/**
 * Weights that make people with photos count as often as their like in the tape-measured population,
 * both sexes alike: for each sex the weights w ∝ exp(θ·x) under which mean, spread and correlation of
 * height and log weight are those of the population, the least change that does so (Hainmueller 2012,
 * "Entropy balancing for causal effects").
 */
import { cholesky, dot, multiply, solve, transpose, type Vector } from '../../src/sizing/matrix.ts';
import { mean } from '../fit-sizing/least-squares.ts';
import type { KnownPerson, PhotographedPerson } from '../fit-sizing/people.ts';

export interface PopulationWeights {
  /** One per photo; all photos of a person share that person's weight. Their sum is 2, 1 per sex. */
  readonly weights: Vector;
  readonly people: number;
  /** The effective sample size. */
  readonly effectivePeople: number;
}

export function populationWeights(
  photos: readonly PhotographedPerson[],
  population: readonly KnownPerson[],
): PopulationWeights {
  const byPerson = Map.groupBy(photos, ({ person }) => person);
  const ofPerson = new Map<string, number>();
  for (const sex of ['female', 'male'] as const) {
    const people = [...byPerson.values()].flatMap(([one]) => (one?.sex === sex ? [one] : []));
    const target = population.filter((one) => one.sex === sex).map(moments);
    const balanced = balancedWeights(people.map(moments), transpose(target).map(mean));
    for (const [i, { person }] of people.entries()) ofPerson.set(person, balanced[i] ?? 0);
  }
  return {
    weights: photos.map(
      ({ person }) => (ofPerson.get(person) ?? 0) / (byPerson.get(person)?.length ?? 1),
    ),
    people: byPerson.size,
    effectivePeople: effectiveCount([...ofPerson.values()]),
  };
}

/** The effective sample size (Kish): (Σw)² / Σw². */
export function effectiveCount(weights: Vector): number {
  return weights.reduce((sum, w) => sum + w, 0) ** 2 / dot(weights, weights);
}

function moments({ heightCm, weightKg }: KnownPerson): Vector {
  const [h, w] = [(heightCm - 170) / 8, Math.log(weightKg / 75) / 0.17];
  return [1, h, w, h * h, h * w, w * w];
}

const NEWTON_STEPS = 50;

/** Newton's method on the convex dual. `target` starts with 1, so the weights sum to 1. */
function balancedWeights(rows: readonly Vector[], target: Vector): Vector {
  let theta: Vector = target.map(() => 0);
  const weightsAt = (at: Vector) => rows.map((row) => Math.exp(dot(at, row)) / rows.length);
  for (let step = 0; step < NEWTON_STEPS; step += 1) {
    const weights = weightsAt(theta);
    const weighted = rows.map((row, i) => row.map((x) => x * (weights[i] ?? 0)));
    const missing = transpose(weighted).map(
      (column, i) => (target[i] ?? 0) - column.reduce((sum, x) => sum + x, 0),
    );
    const change = solve(cholesky(multiply(transpose(rows), weighted)), missing);
    // Far steps overshoot: exp grows faster than its tangent.
    const damping = Math.min(1, 1 / Math.hypot(...change));
    theta = theta.map((value, i) => value + damping * (change[i] ?? 0));
  }
  return weightsAt(theta);
}
