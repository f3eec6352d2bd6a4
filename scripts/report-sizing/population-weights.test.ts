import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KnownPerson, PhotographedPerson } from '../fit-sizing/people.ts';
import { effectiveCount, populationWeights } from './population-weights.ts';

const HEIGHTS = [155, 160, 165, 170, 175, 180];
const WEIGHTS = [50, 60, 70, 80, 95, 120];

/** Everyone of the grid, as often as `times` says. */
function people(times: (heightCm: number, weightKg: number) => number): KnownPerson[] {
  return (['female', 'male'] as const).flatMap((sex) =>
    HEIGHTS.flatMap((heightCm) =>
      WEIGHTS.flatMap((weightKg) =>
        Array.from({ length: times(heightCm, weightKg) }, () => ({ sex, heightCm, weightKg })),
      ),
    ),
  ) as unknown as KnownPerson[];
}

const population = people((_, weightKg) => (weightKg > 90 ? 1 : 3));

/** Of the grid's people each has one photo, the slim ones two. */
const photos = people(() => 1).flatMap((one) => {
  const person = `${one.sex} ${one.heightCm} ${one.weightKg}`;
  const photo = { ...one, person } as unknown as PhotographedPerson;
  return one.weightKg < 60 ? [photo, photo] : [photo];
});

function meanLogWeight(
  list: readonly KnownPerson[],
  weights: readonly number[] = list.map(() => 1),
): number {
  const total = weights.reduce((sum, w) => sum + w, 0);
  const logs = list.map(({ weightKg }, i) => Math.log(weightKg) * (weights[i] ?? 0));
  return logs.reduce((sum, log) => sum + log, 0) / total;
}

test('weighted people are as heavy on average as the population', () => {
  const { weights, people: count, effectivePeople } = populationWeights(photos, population);
  const wanted = meanLogWeight(population);
  assert.ok(Math.abs(meanLogWeight(photos, weights) - wanted) < 1e-6);
  assert.ok(Math.abs(meanLogWeight(photos) - wanted) > 0.01);
  assert.equal(count, 72);
  assert.ok(effectivePeople > 36 && effectivePeople < 72, String(effectivePeople));
});

test('photos of a person share the weight of that person', () => {
  const { weights } = populationWeights(photos, population);
  const [first, second] = photos.flatMap(({ person }, i) =>
    person === 'male 170 50' ? [weights[i] ?? 0] : [],
  );
  assert.equal(first, second);
  assert.ok(Math.abs(weights.reduce((sum, w) => sum + w, 0) - 2) < 1e-6);
});

test('equal weights count fully and a single one counts once', () => {
  assert.equal(effectiveCount([2, 2, 2, 2]), 4);
  assert.equal(effectiveCount([1, 0, 0]), 1);
});
