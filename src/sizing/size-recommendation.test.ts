import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ORIGINAL_CHART } from './size-chart.ts';
import { recommendSize } from './size-recommendation.ts';

/** Bodies whose largest girth is in the middle of each size, with the given shares. */
function bodiesOf(shares: readonly number[]) {
  const middles = [80, 88, 96, 104, 112, 120];
  return shares.map((share, i) => ({
    share,
    body: { chest: middles[i] ?? 0, waist: 60, hip: 60, bideltoid: 45 },
  }));
}

describe('the recommended size', () => {
  it('is the likeliest one, and the only one in the range when sure', () => {
    assert.deepEqual(recommendSize(bodiesOf([0, 0.05, 0.85, 0.1, 0, 0]), ORIGINAL_CHART), {
      size: 'M',
      index: 2,
      isSure: true,
      confidence: 0.85,
      range: { lower: 'M', upper: 'M' },
      probabilities: { XS: 0, S: 0.05, M: 0.85, L: 0.1, XL: 0, XXL: 0 },
    });
  });

  it('comes with likelier neighbours until the range is likely enough', () => {
    const one = recommendSize(bodiesOf([0, 0.1, 0.6, 0.3, 0, 0]), ORIGINAL_CHART);
    assert.deepEqual(one.range, { lower: 'M', upper: 'L' });
    const two = recommendSize(bodiesOf([0.05, 0.25, 0.4, 0.25, 0.05, 0]), ORIGINAL_CHART);
    assert.deepEqual(two.range, { lower: 'S', upper: 'L' });
    const atTheEnd = recommendSize(bodiesOf([0.5, 0.2, 0.1, 0.1, 0.05, 0.05]), ORIGINAL_CHART);
    assert.deepEqual(atTheEnd.range, { lower: 'XS', upper: 'M' });
  });

  it('takes the range from the rounded confidence, so that both agree', () => {
    const up = recommendSize(bodiesOf([0, 0.2004, 0.7996, 0, 0, 0]), ORIGINAL_CHART);
    assert.deepEqual([up.confidence, up.range.lower, up.range.upper], [0.8, 'M', 'M']);
    const down = recommendSize(bodiesOf([0, 0.2006, 0.7994, 0, 0, 0]), ORIGINAL_CHART);
    assert.deepEqual([down.confidence, down.range.lower, down.range.upper], [0.799, 'S', 'M']);
  });

  it('has probabilities that sum to one, and a range around the size', () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    const shares = fc.array(share, { minLength: 6, maxLength: 6 });
    fc.assert(
      fc.property(shares, (raw) => {
        fc.pre(raw.some((value) => value > 0.01));
        const { size, confidence, range, probabilities } = recommendSize(
          bodiesOf(raw),
          ORIGINAL_CHART,
        );
        const thousandths = Object.values(probabilities).map((value) => Math.round(value * 1000));
        assert.equal(
          thousandths.reduce((sum, value) => sum + value, 0),
          1000,
        );
        assert.equal(probabilities[size], confidence);
        const sizes = ORIGINAL_CHART.sizes.map((entry) => entry.size);
        const [lower, at, upper] = [range.lower, size, range.upper].map((name) =>
          sizes.indexOf(name),
        );
        assert.ok(lower !== undefined && at !== undefined && upper !== undefined);
        assert.ok(lower <= at && at <= upper);
        assert.equal(lower === upper, confidence >= 0.8);
      }),
    );
  });
});
