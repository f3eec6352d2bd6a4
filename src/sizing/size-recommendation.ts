/** From possible bodies to a size: how likely each size is, which to recommend, and the range to name. */
import type { SizeRange } from './body-estimate.ts';
import type { BodySample } from './body-samples.ts';
import { type SizeChart, sizeIndex, sizeName } from './size-chart.ts';

interface SizeRecommendation {
  readonly size: string;
  /** Its place in the chart. */
  readonly index: number;
  /** So likely that no other size needs to be named. */
  readonly isSure: boolean;
  /** The probability of that size, to 3 decimals. */
  readonly confidence: number;
  readonly range: SizeRange;
  /** To 3 decimals; they sum to exactly 1. */
  readonly probabilities: Readonly<Record<string, number>>;
}

/** Thousandths: from here on one size is named; below, a range that is this likely to hold the right one. */
const SURE = 800;

/** Recommends the likeliest size (the smaller one of two equally likely). */
export function recommendSize(
  samples: readonly BodySample[],
  chart: SizeChart,
): SizeRecommendation {
  const shares = chart.sizes.map(() => 0);
  for (const { body, share } of samples) {
    const index = sizeIndex(chart, body);
    shares[index] = (shares[index] ?? 0) + share;
  }
  const thousandths = inThousandths(shares);
  const best = thousandths.indexOf(Math.max(...thousandths));
  const range = likelyRange(thousandths, best);
  return {
    size: sizeName(chart, best),
    index: best,
    isSure: (thousandths[best] ?? 0) >= SURE,
    confidence: (thousandths[best] ?? 0) / 1000,
    range: { lower: sizeName(chart, range.first), upper: sizeName(chart, range.last) },
    probabilities: Object.fromEntries(
      chart.sizes.map(({ size }, i) => [size, (thousandths[i] ?? 0) / 1000]),
    ),
  };
}

/**
 * The shortest run of sizes around `best` that grows towards the likelier neighbour until it is
 * sure enough. Counts in thousandths, so that it agrees with the rounded confidence.
 */
function likelyRange(
  thousandths: readonly number[],
  best: number,
): { first: number; last: number } {
  let [first, last] = [best, best];
  let sum = thousandths[best] ?? 0;
  while (sum < SURE) {
    const below = thousandths[first - 1] ?? -1;
    const above = thousandths[last + 1] ?? -1;
    if (below >= above) first -= 1;
    else last += 1;
    sum += Math.max(below, above);
  }
  return { first, last };
}

/** Shares as whole thousandths that sum to 1000: the largest remainders are rounded up. */
function inThousandths(shares: readonly number[]): number[] {
  const total = shares.reduce((sum, share) => sum + share, 0);
  const exact = shares.map((share) => (share / total) * 1000);
  const floors = exact.map(Math.floor);
  const missing = 1000 - floors.reduce((sum, value) => sum + value, 0);
  const byRemainder = exact
    .map((value, index) => ({ index, remainder: value - Math.floor(value) }))
    .sort((a, b) => b.remainder - a.remainder || a.index - b.index);
  for (const { index } of byRemainder.slice(0, missing)) floors[index] = (floors[index] ?? 0) + 1;
  return floors;
}
