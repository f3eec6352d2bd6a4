import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Pose } from '../pose.ts';
import { estimateClassic } from './classic.ts';

interface Body {
  shoulder: number;
  hip: number;
  visibility: number;
  span: number;
  depth: number;
  shoulderY?: number;
  hipY?: number;
}

/** 33 points on a vertical line; shoulders and hips get their widths (and levels). */
function bodyOf({
  shoulder,
  hip,
  visibility,
  span,
  depth,
  shoulderY,
  hipY,
}: Body): Pick<Pose, 'landmarks' | 'world'> {
  const landmarks = Array.from({ length: 33 }, (_, i) => ({
    x: 0.5,
    y: (i / 32) * span,
    z: 0,
    visibility,
    presence: 1,
  }));
  const widen = (left: number, width: number, y: number | undefined, z: number) => {
    for (const [index, side, pointZ] of [
      [left, -1, 0],
      [left + 1, 1, z],
    ] as const) {
      landmarks[index] = {
        x: 0.5 + (side * width) / 2,
        y: y ?? (index / 32) * span,
        z: pointZ,
        visibility,
        presence: 1,
      };
    }
  };
  widen(11, shoulder, shoulderY, depth);
  widen(23, hip, hipY, 0);
  return { landmarks, world: landmarks };
}

const level = { shoulderY: 0.2, hipY: 0.5, span: 1, depth: 0 };
const GOLDEN: [Body, number, (string | number)[]][] = [
  [
    { shoulder: 0.2, hip: 0.18, visibility: 1, span: 1, depth: 0 },
    175,
    ['XS', 76.2, 58, 70, 35.4, 0.9, 'XS', 'XS'],
  ],
  [
    { shoulder: 0.2, hip: 0.18, visibility: 0, span: 1, depth: 0 },
    175,
    ['XS', 76.2, 58, 70, 35.4, 0.55, 'XS', 'S'],
  ],
  [
    { ...level, shoulder: 0.25, hip: 0.2, visibility: 0.9 },
    180,
    ['M', 96.8, 58, 70.2, 45, 0.865, 'M', 'M'],
  ],
  [
    { ...level, shoulder: 0.26, hip: 0.28, visibility: 0.6 },
    170,
    ['M', 95, 73.8, 92.8, 44.2, 0.76, 'S', 'L'],
  ],
  [
    { ...level, shoulder: 0.3, hip: 0.3, visibility: 1 },
    190,
    ['XXL', 122.6, 88.4, 111.2, 57, 0.9, 'XXL', 'XXL'],
  ],
  [
    { ...level, shoulder: 0.22, hip: 0.2, visibility: 0.7142, depth: 0.05 },
    165,
    ['XS', 80, 58, 70, 37.2, 0.8, 'XS', 'S'],
  ],
  [
    { ...level, shoulder: 0.4, hip: 0.5, visibility: 0.2 },
    200,
    ['XXL', 150, 140, 160, 65, 0.62, 'XL', 'XXL'],
  ],
];

const anyBody = fc.record({
  shoulder: fc.double({ min: 0, max: 1, noNaN: true }),
  hip: fc.double({ min: 0, max: 1, noNaN: true }),
  visibility: fc.double({ min: 0, max: 1, noNaN: true }),
  span: fc.double({ min: 0, max: 3, noNaN: true }),
  depth: fc.double({ min: -1, max: 1, noNaN: true }),
});
const anyHeight = fc.double({ min: 100, max: 250, noNaN: true });

describe('the classic estimator', () => {
  for (const [body, heightCm, expected] of GOLDEN) {
    it(`answers the original's ${expected.join(' ')} at ${heightCm} cm`, () => {
      const {
        recommendedSize,
        measurements: m,
        confidence,
        sizeRange,
        bodyType,
      } = estimateClassic(bodyOf(body), heightCm);
      assert.deepEqual(
        [
          recommendedSize,
          m.chestCm,
          m.waistCm,
          m.hipCm,
          m.shoulderCm,
          confidence,
          sizeRange.lower,
          sizeRange.upper,
        ],
        expected,
      );
      assert.equal(bodyType, 'slim');
    });
  }

  it('grows with the height, never shrinks', () => {
    fc.assert(
      fc.property(anyBody, anyHeight, anyHeight, (body, one, other) => {
        const pose = bodyOf(body);
        const small = estimateClassic(pose, Math.min(one, other)).measurements;
        const large = estimateClassic(pose, Math.max(one, other)).measurements;
        for (const key of ['chestCm', 'waistCm', 'hipCm', 'shoulderCm'] as const) {
          assert.ok(small[key] <= large[key]);
        }
      }),
    );
  });

  it('stays within its clamps and is never NaN', () => {
    fc.assert(
      fc.property(anyBody, anyHeight, (body, heightCm) => {
        const { measurements: m, confidence } = estimateClassic(bodyOf(body), heightCm);
        assert.ok(m.chestCm >= 70 && m.chestCm <= 150);
        assert.ok(m.waistCm >= 58 && m.waistCm <= 140);
        assert.ok(m.hipCm >= 70 && m.hipCm <= 160);
        assert.ok(m.shoulderCm >= 30 && m.shoulderCm <= 65);
        assert.ok(confidence >= 0.55 && confidence <= 0.9);
      }),
    );
  });

  it('refuses a pose without 33 landmarks', () => {
    const { landmarks, world } = bodyOf({ ...level, shoulder: 0.2, hip: 0.2, visibility: 1 });
    const short = { landmarks: landmarks.slice(1), world: world.slice(1) };
    assert.throws(() => estimateClassic(short, 170), RangeError);
  });
});
