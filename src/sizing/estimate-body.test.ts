import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { knownPerson } from '../../test/support/sizing-photos.ts';
import { GIRTHS, type PersonFacts } from './body-estimate.ts';
import { estimateBody, estimateFromEvidence, photoEvidence } from './estimate-body.ts';
import { EN_13402_WOMEN, ORIGINAL_CHART } from './size-chart.ts';

const PEOPLE = ['s1_03.jpg', 's1_41.jpg', 's4_11.jpg', 's4_24.jpg'] as const;

function estimate(file: string, facts: Partial<PersonFacts> = {}) {
  const { photo, truth } = knownPerson(file);
  return estimateBody({ photo, heightCm: truth.heightCm, estimator: 'calibrated', ...facts });
}

const KEYS = { chest: 'chestCm', waist: 'waistCm', hip: 'hipCm' } as const;

describe('the calibrated estimate', () => {
  for (const file of PEOPLE) {
    it(`knows the girths of a rendered person within twice its stated error: ${file}`, () => {
      const { truth } = knownPerson(file);
      const { measurements, uncertaintyCm } = estimate(file);
      assert.ok(uncertaintyCm);
      for (const girth of GIRTHS) {
        const error = Math.abs(measurements[KEYS[girth]] - truth[girth]);
        assert.ok(error < 2 * uncertaintyCm[girth], `${girth} is ${error} cm off`);
      }
    });

    it(`is surer with weight and sex, and surer with the photo than without: ${file}`, () => {
      const { photo, truth } = knownPerson(file);
      const { heightCm, weightKg, sex } = truth;
      const told = estimate(file, { weightKg, sex }).uncertaintyCm;
      const untold = estimate(file).uncertaintyCm;
      const evidence = photoEvidence(photo, heightCm);
      assert.ok(evidence && told && untold);
      const facts = { heightCm, weightKg, sex };
      const blind = estimateFromEvidence(facts, null, ORIGINAL_CHART).uncertaintyCm;
      assert.ok(blind);
      for (const girth of GIRTHS) {
        assert.ok(told[girth] <= untold[girth]);
        assert.ok(told[girth] <= blind[girth]);
      }
    });
  }

  it('is less sure of the waist under loose clothes', () => {
    const tight = estimate('s1_03.jpg').uncertaintyCm;
    const loose = estimate('s4_11.jpg').uncertaintyCm;
    assert.ok(tight && loose && tight.waist + 1 < loose.waist);
  });

  it('is less sure without a mask, and where joints are hidden', () => {
    const { photo, truth } = knownPerson('s1_03.jpg');
    assert.ok(photo.pose);
    const base = { heightCm: truth.heightCm, estimator: 'calibrated' } as const;
    const whole = estimateBody({ ...base, photo }).uncertaintyCm;
    const bare = estimateBody({
      ...base,
      photo: { ...photo, pose: { ...photo.pose, mask: null } },
    });
    const landmarks = photo.pose.landmarks.map((point) => ({ ...point, visibility: 0.5 }));
    const hidden = estimateBody({
      ...base,
      photo: { ...photo, pose: { ...photo.pose, landmarks } },
    });
    assert.ok(whole && bare.uncertaintyCm && hidden.uncertaintyCm);
    assert.ok(whole.waist < bare.uncertaintyCm.waist);
    assert.ok(whole.waist < hidden.uncertaintyCm.waist);
  });

  it('takes the mean of the photo and its mirror image', () => {
    const { photo, truth } = knownPerson('s1_03.jpg');
    assert.ok(photo.pose);
    const landmarks = photo.pose.landmarks.map((point) => ({ ...point, x: 1.04 * point.x }));
    const mirrored = { ...photo.pose, landmarks };
    const both = photoEvidence({ ...photo, mirrored }, truth.heightCm)?.features.hipJoints;
    const one = photoEvidence(photo, truth.heightCm)?.features.hipJoints;
    assert.ok(both && one && Math.abs(both / one - 1.02) < 0.002);
  });

  it('counts the photo of a turned person less', () => {
    const { photo, truth } = knownPerson('s1_03.jpg');
    const { pose } = photo;
    assert.ok(pose?.world);
    const turned = pose.world.map((point, i) =>
      i === 23 ? { ...point, z: 0.1 } : i === 24 ? { ...point, z: 0 } : point,
    );
    const clarity = (world: typeof turned | null) =>
      photoEvidence({ ...photo, pose: { ...pose, world } }, truth.heightCm)?.clarity ?? 0;
    assert.ok(clarity(turned) < 0.7 * clarity(null));
  });

  it('names the chart it used and answers in its sizes', () => {
    const { photo, truth } = knownPerson('s1_41.jpg');
    const { sizeChart, sizeProbabilities } = estimateBody({
      photo,
      heightCm: truth.heightCm,
      estimator: 'calibrated',
      chart: EN_13402_WOMEN,
    });
    assert.deepEqual(sizeChart, { name: EN_13402_WOMEN.name, source: EN_13402_WOMEN.source });
    assert.deepEqual(
      Object.keys(sizeProbabilities ?? {}),
      EN_13402_WOMEN.sizes.map(({ size }) => size),
    );
  });

  it('knows shoulders and inseam as bones are measured, not as clothes hang', () => {
    const { shoulderCm, inseamCm } = estimate('s1_03.jpg', { sex: 'male' }).measurements;
    // Men of 181 cm in the tape-measured survey: 42.3 ± 1.7 and 87.6 ± 2.5 cm.
    assert.ok(shoulderCm > 38 && shoulderCm < 47);
    assert.ok(inseamCm !== null && inseamCm > 81 && inseamCm < 92);
  });

  it('gives the same answer every time', () => {
    assert.deepEqual(estimate('s4_24.jpg'), estimate('s4_24.jpg'));
  });

  it('stays possible and finite for whatever people tell', () => {
    const evidence = PEOPLE.map((file) => {
      const { photo, truth } = knownPerson(file);
      return photoEvidence(photo, truth.heightCm);
    });
    const facts = fc.record({
      heightCm: fc.double({ min: 100, max: 250, noNaN: true }),
      weightKg: fc.option(fc.double({ min: 30, max: 250, noNaN: true }), { nil: undefined }),
      sex: fc.option(fc.constantFrom('female' as const, 'male' as const), { nil: undefined }),
      ageYears: fc.option(fc.integer({ min: 18, max: 100 }), { nil: undefined }),
    });
    fc.assert(
      fc.property(facts, fc.constantFrom(null, ...evidence), (told, seen) => {
        const answer = estimateFromEvidence(told, seen, ORIGINAL_CHART);
        for (const value of Object.values(answer.measurements)) {
          assert.ok(value !== null && value > 0 && value <= 200, `${value} cm`);
        }
        for (const value of Object.values(answer.uncertaintyCm ?? {})) assert.ok(value > 0);
        assert.ok(answer.confidence > 0 && answer.confidence <= 1);
      }),
    );
  });

  it('refuses a photo without a pose', () => {
    const { photo } = knownPerson('s1_03.jpg');
    const request = { photo: { ...photo, pose: null }, heightCm: 170 };
    assert.throws(() => estimateBody({ ...request, estimator: 'calibrated' }), RangeError);
    assert.throws(() => estimateBody({ ...request, estimator: 'classic' }), RangeError);
  });

  it('answers as the original did when asked to', () => {
    const { photo, truth } = knownPerson('s1_03.jpg');
    const answer = estimateBody({ photo, heightCm: truth.heightCm, estimator: 'classic' });
    assert.equal(answer.estimator, 'classic');
    assert.equal(answer.bodyType, 'slim');
    assert.equal(answer.sizeProbabilities, null);
  });
});
