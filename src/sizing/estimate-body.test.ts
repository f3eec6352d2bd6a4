import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { knownPerson } from '../../test/support/sizing/sizing-photos.ts';
import type { Pose } from '../pose.ts';
import { COEFFICIENTS } from './coefficients.ts';
import { estimateFromEvidence } from './estimate-body.ts';
import { ESTIMATORS } from './estimators.ts';
import { type Figures, figureOf } from './figure.ts';
import { GIRTHS, type PersonFacts } from './person.ts';
import { photoEvidence } from './photo-evidence.ts';
import { EN_13402_WOMEN, ORIGINAL_CHART } from './size-chart.ts';

const PEOPLE = ['s1_03.jpg', 's1_41.jpg', 's4_11.jpg', 's4_24.jpg'] as const;

function estimate(file: string, facts: Partial<PersonFacts> = {}) {
  const { figures, truth } = knownPerson(file);
  return ESTIMATORS.calibrated.estimate({
    figures,
    facts: { heightCm: truth.heightCm, ...facts },
    chart: ORIGINAL_CHART,
  });
}

/** The figures with the pose changed. */
function changed({ asTaken }: Figures, change: Partial<Pose>): Figures {
  return { asTaken: { ...asTaken, pose: { ...asTaken.pose, ...change } }, mirrored: null };
}

const KEYS = { chest: 'chestCm', waist: 'waistCm', hip: 'hipCm' } as const;

describe('the calibrated estimate', () => {
  for (const file of PEOPLE) {
    it(`knows the girths within twice the stated error: ${file}`, () => {
      const { truth } = knownPerson(file);
      const { measurements, uncertaintyCm } = estimate(file);
      assert.ok(uncertaintyCm);
      for (const girth of GIRTHS) {
        const error = Math.abs(measurements[KEYS[girth]] - truth[girth]);
        assert.ok(error < 2 * uncertaintyCm[girth], `${girth} is ${error} cm off`);
      }
    });

    it(`is surer with weight and sex: ${file}`, () => {
      const { weightKg, sex } = knownPerson(file).truth;
      const given = estimate(file, { weightKg, sex }).uncertaintyCm;
      const withoutSex = estimate(file).uncertaintyCm;
      assert.ok(given && withoutSex);
      for (const girth of GIRTHS) assert.ok(given[girth] < withoutSex[girth], girth);
    });
  }

  it('with weight and sex, photos make every girth surer in the mean', () => {
    const uncertainties = PEOPLE.map((file) => {
      const { figures, truth } = knownPerson(file);
      const { heightCm, weightKg, sex } = truth;
      const facts = { heightCm, weightKg, sex };
      const evidence = photoEvidence(figures, heightCm);
      const seen = estimateFromEvidence(facts, evidence, ORIGINAL_CHART).uncertaintyCm;
      const unseen = estimateFromEvidence(facts, null, ORIGINAL_CHART).uncertaintyCm;
      assert.ok(evidence && seen && unseen);
      return { seen, unseen };
    });
    for (const girth of GIRTHS) {
      const gains = uncertainties.map(({ seen, unseen }) => unseen[girth] - seen[girth]);
      assert.ok(gains.reduce((sum, gain) => sum + gain) > 0, girth);
    }
  });

  it('is less sure of the waist under loose clothes', () => {
    const tight = estimate('s1_03.jpg').uncertaintyCm;
    const loose = estimate('s4_11.jpg').uncertaintyCm;
    assert.ok(tight && loose && tight.waist + 1 < loose.waist);
  });

  it('is less sure where joints are hidden', () => {
    const { figures, truth } = knownPerson('s1_03.jpg');
    const landmarks = figures.asTaken.pose.landmarks.map((p) => ({ ...p, visibility: 0.5 }));
    const uncertainty = (seen: Figures) =>
      ESTIMATORS.calibrated.estimate({ figures: seen, facts: truth, chart: ORIGINAL_CHART })
        .uncertaintyCm?.waist ?? 0;
    assert.ok(uncertainty(figures) < uncertainty(changed(figures, { landmarks })));
  });

  it('weighs the mirror image twice as much as the photo', () => {
    const { photo, figures, truth } = knownPerson('s1_03.jpg');
    const { pose } = figures.asTaken;
    const landmarks = pose.landmarks.map((point) => ({ ...point, x: 1.04 * point.x }));
    const mirrored = figureOf({ ...pose, landmarks }, photo);
    const both = photoEvidence({ ...figures, mirrored }, truth.heightCm)?.features.hipJoints;
    const one = photoEvidence(figures, truth.heightCm)?.features.hipJoints;
    assert.ok(both && one && Math.abs(both / one - (1 + (2 / 3) * 0.04)) < 0.002);
  });

  it('takes a very broad outline for a heavy person', () => {
    const { figures, truth } = knownPerson('s1_03.jpg');
    const { heightCm } = truth;
    const evidence = photoEvidence(figures, heightCm);
    assert.ok(evidence);
    const broad = Object.entries(evidence.features).map(
      ([name, cm]) => [name, cm === null || name === 'ankleToSole' ? cm : 1.45 * cm] as const,
    );
    const features = Object.fromEntries(broad) as typeof evidence.features;
    const answer = estimateFromEvidence({ heightCm }, { ...evidence, features }, ORIGINAL_CHART);
    assert.equal(answer.recommendedSize, 'XXL');
    assert.ok(answer.confidence > 0.6, String(answer.confidence));
  });

  it('counts the photo of a turned person less', () => {
    const { figures, truth } = knownPerson('s1_03.jpg');
    const clarity = (depth: number) => {
      const world = figures.asTaken.pose.world.map((point, i) =>
        i === 23 ? { ...point, z: depth } : i === 24 ? { ...point, z: 0 } : point,
      );
      return photoEvidence(changed(figures, { world }), truth.heightCm)?.clarity ?? 0;
    };
    assert.ok(clarity(0.1) < 0.7 * clarity(0));
  });

  it('names the chart it used and answers in its sizes', () => {
    const { figures, truth } = knownPerson('s1_41.jpg');
    const { sizeChart, sizeProbabilities } = ESTIMATORS.calibrated.estimate({
      figures,
      facts: { heightCm: truth.heightCm },
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

  it('stays possible and finite for any input', () => {
    const evidence = PEOPLE.map((file) => {
      const { figures, truth } = knownPerson(file);
      return photoEvidence(figures, truth.heightCm);
    });
    const facts = fc.record({
      heightCm: fc.double({ min: 100, max: 250, noNaN: true }),
      weightKg: fc.option(fc.double({ min: 30, max: 250, noNaN: true }), { nil: undefined }),
      sex: fc.option(fc.constantFrom('female' as const, 'male' as const), { nil: undefined }),
      ageYears: fc.option(fc.integer({ min: 18, max: 100 }), { nil: undefined }),
    });
    fc.assert(
      fc.property(facts, fc.constantFrom(null, ...evidence), (givenFacts, seen) => {
        const answer = estimateFromEvidence(givenFacts, seen, ORIGINAL_CHART);
        for (const value of Object.values(answer.measurements)) {
          assert.ok(value !== null && value > 0 && value <= 200, `${value} cm`);
        }
        for (const value of Object.values(answer.uncertaintyCm ?? {})) assert.ok(value > 0);
        assert.ok(answer.confidence > 0 && answer.confidence <= 1);
      }),
    );
  });

  it('says why: which girths are in the range of the size', () => {
    const { reasons, measurements, recommendedSize } = estimate('s1_03.jpg', { weightKg: 80 });
    assert.deepEqual(
      reasons.map(({ girth }) => girth),
      ['chest', 'waist', 'hip'],
    );
    const limits = ORIGINAL_CHART.sizes.find(({ size }) => size === recommendedSize);
    const upTo = limits?.upToCm.chest ?? Number.POSITIVE_INFINITY;
    for (const { girth, finding, byCm } of reasons) {
      const over = measurements[KEYS[girth]] - upTo;
      assert.equal(finding === 'over', over > 0);
      if (finding === 'over') assert.ok(Math.abs(byCm - over) < 0.051);
    }
  });

  it('names what would help until the size is certain', () => {
    const inputs = (given: Partial<PersonFacts>) =>
      estimate('s1_03.jpg', given).wouldHelp.map(({ input }) => input);
    assert.equal(inputs({})[0], 'weight_kg');
    assert.deepEqual(inputs({ weightKg: 80 }), ['sex']);
    assert.deepEqual(inputs({ weightKg: 80, sex: 'male' }), []);
  });

  it('asks for a plain photo only where the outline is unlike any', () => {
    const { figures, truth } = knownPerson('s1_03.jpg');
    const { heightCm } = truth;
    const evidence = photoEvidence(figures, heightCm);
    assert.ok(evidence);
    const { features, noise } = COEFFICIENTS.photo;
    /** Every breadth off by so many standard deviations of loose clothes, in turns up and down. */
    const askedWhenOffBy = (sds: number) => {
      const off = features.map((name, i) => {
        const cm = evidence.features[name];
        const sd = Math.sqrt(noise.loose[i]?.[i] ?? 0);
        return [name, cm === null ? null : cm + (i % 2 === 0 ? sds : -sds) * sd] as const;
      });
      const seen = { ...evidence, features: Object.fromEntries(off) as typeof evidence.features };
      const { wouldHelp } = estimateFromEvidence({ heightCm }, seen, ORIGINAL_CHART);
      return wouldHelp.map(({ input }) => input);
    };
    // As in people's own photos (decision 71).
    assert.deepEqual(askedWhenOffBy(1), ['weight_kg', 'tight_clothes']);
    assert.deepEqual(askedWhenOffBy(3), ['weight_kg', 'plain_photo']);
  });

  it('answers as the original did when asked to', () => {
    const { figures, truth } = knownPerson('s1_03.jpg');
    const answer = ESTIMATORS.classic.estimate({ figures, facts: truth, chart: ORIGINAL_CHART });
    assert.equal(answer.estimator, 'classic');
    assert.equal(answer.bodyType, 'slim');
    assert.equal(answer.sizeProbabilities, null);
  });
});
