import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { knownPerson } from '../../test/support/sizing/sizing-photos.ts';
import { type BodyHypothesis, bodyPosterior, type PhotoEvidence } from './body-posterior.ts';
import { COEFFICIENTS, type Fit } from './coefficients.ts';
import { missingInputs } from './missing-inputs.ts';
import { photoEvidence } from './photo-evidence.ts';

const { figures, truth } = knownPerson('s1_03.jpg');
const height = { heightCm: truth.heightCm };

function evidence(armsTouch: boolean): PhotoEvidence {
  const seen = photoEvidence(figures, truth.heightCm);
  assert.ok(seen);
  const features = { ...seen.features, chestOutline: armsTouch ? null : 40 };
  return { ...seen, features };
}

function wearing(fit: Fit): BodyHypothesis[] {
  const [body] = bodyPosterior(height, null, COEFFICIENTS);
  assert.ok(body);
  return [{ ...body, fit, share: 1 }];
}

describe('what would help', () => {
  const cases = [
    ['the weight, where arms are apart', height, wearing('tight'), false, ['weight_kg']],
    [
      'also arms apart in tight clothes',
      height,
      wearing('tight'),
      true,
      ['weight_kg', 'arms_apart'],
    ],
    ['also tight clothes', height, wearing('loose'), true, ['weight_kg', 'tight_clothes']],
    ['also a plain photo', height, wearing('odd'), true, ['weight_kg', 'plain_photo']],
    ['the sex with a weight', { ...height, weightKg: 80 }, wearing('loose'), true, ['sex']],
    ['nothing with both', { ...height, weightKg: 80, sex: 'male' }, wearing('loose'), true, []],
  ] as const;
  for (const [what, facts, hypotheses, armsTouch, expected] of cases) {
    it(`is ${what}`, () => {
      const found = missingInputs(facts, evidence(armsTouch), hypotheses);
      assert.deepEqual(
        found.map(({ input }) => input),
        expected,
      );
    });
  }

  it('is the weight where nothing was seen', () => {
    assert.equal(missingInputs(height, null, wearing('loose'))[0]?.input, 'weight_kg');
  });
});
