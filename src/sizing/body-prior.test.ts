import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bodyPriors } from './body-prior.ts';
import { COEFFICIENTS } from './coefficients.ts';
import { sharesOf } from './gaussian.ts';
import type { PersonFacts } from './person.ts';

function shareOfWomen(facts: PersonFacts): number {
  const priors = bodyPriors(facts, COEFFICIENTS);
  const shares = sharesOf(priors.map(({ logWeight }) => logWeight));
  return priors.reduce((sum, { sex }, i) => sum + (sex === 'female' ? (shares[i] ?? 0) : 0), 0);
}

test('a heavy woman is taken for a woman', () => {
  assert.ok(shareOfWomen({ heightCm: 160, weightKg: 100 }) > 0.5);
});

test('a weight says little about the sex of people of medium height', () => {
  for (const weightKg of [50, 70, 90, 120]) {
    const share = shareOfWomen({ heightCm: 169, weightKg });
    assert.ok(share > 0.1 && share < 0.9, `${share} at ${weightKg} kg`);
  }
});

test('without a weight either build is possible, heavy less often', () => {
  const priors = bodyPriors({ heightCm: 165, sex: 'female' }, COEFFICIENTS);
  const [usual, heavy] = priors.toSorted((a, b) => b.logWeight - a.logWeight);
  assert.equal(priors.length, 2);
  assert.ok((heavy?.body.mean[1] ?? 0) > (usual?.body.mean[1] ?? 0) + 10, 'waist, cm');
});

test('the waist of a man grows with his age', () => {
  const facts = { heightCm: 175, sex: 'male' } as const;
  const [young, old] = [25, 55].map((ageYears) => bodyPriors({ ...facts, ageYears }, COEFFICIENTS));
  assert.ok((old?.[0]?.body.mean[1] ?? 0) > (young?.[0]?.body.mean[1] ?? 0), 'waist, cm');
});
