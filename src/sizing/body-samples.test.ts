import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { bodySamples } from './body-samples.ts';
import { bodyTypeOf } from './body-type.ts';
import { COEFFICIENTS } from './coefficients.ts';

const covariance = [
  [25, 20, 10, 5],
  [20, 36, 15, 4],
  [10, 15, 16, 3],
  [5, 4, 3, 4],
];
const hypothesis = (share: number, mean: readonly number[]) =>
  ({ sex: 'female', fit: 'tight', share, body: { mean, covariance } }) as const;

const near = (actual: number, expected: number, tolerance: number) =>
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not near ${expected}`);

describe('bodies drawn from what is believed', () => {
  it('have its mean, its spread and its correlations', () => {
    const samples = bodySamples([hypothesis(1, [100, 85, 98, 46])]);
    const average = (of: (body: (typeof samples)[number]['body']) => number) =>
      samples.reduce((sum, { body, share }) => sum + share * of(body), 0);
    near(
      average(({ chest }) => chest),
      100,
      0.1,
    );
    near(
      average(({ chest }) => (chest - 100) ** 2),
      25,
      1,
    );
    near(
      average(({ waist }) => (waist - 85) ** 2),
      36,
      1.5,
    );
    near(
      average(({ chest, waist }) => (chest - 100) * (waist - 85)),
      20,
      1.5,
    );
    near(
      average(({ bideltoid }) => (bideltoid - 46) ** 2),
      4,
      0.3,
    );
  });

  it('represent every hypothesis by its share, without negligible ones', () => {
    const samples = bodySamples([
      hypothesis(0.75, [100, 85, 98, 46]),
      hypothesis(0.24999, [160, 150, 160, 60]),
      hypothesis(0.00001, [60, 50, 60, 30]),
    ]);
    const share = (of: (chest: number) => boolean) =>
      samples.reduce((sum, { body, share: part }) => sum + (of(body.chest) ? part : 0), 0);
    near(
      share((chest) => chest > 130),
      0.25,
      0.001,
    );
    near(
      share(() => true),
      1,
      1e-9,
    );
    assert.equal(samples.length, 512);
  });
});

describe('the body type', () => {
  const surely = (waist: number, bideltoid: number) => [
    { share: 1, body: { chest: 100, waist, hip: 100, bideltoid } },
  ];

  it('goes by waist against height, and by shoulders between the extremes', () => {
    assert.equal(bodyTypeOf(surely(78, 45), 180, COEFFICIENTS), 'slim');
    assert.equal(bodyTypeOf(surely(115, 50), 180, COEFFICIENTS), 'broad');
    assert.equal(bodyTypeOf(surely(92, 44), 180, COEFFICIENTS), 'average');
    assert.equal(bodyTypeOf(surely(92, 54), 180, COEFFICIENTS), 'athletic');
  });

  it('is not named when no type is likely enough', () => {
    const unsure = [...surely(78, 45), ...surely(115, 50)].map((one) => ({ ...one, share: 0.5 }));
    assert.equal(bodyTypeOf(unsure, 180, COEFFICIENTS), null);
  });
});
