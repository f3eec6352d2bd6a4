/** How good answers were: errors, sizes, and whether the stated confidence is true. */
import { GIRTHS, type Girths } from '../../src/sizing/person.ts';
import { effectiveCount } from './population-weights.ts';

/** What `Judged` holds of an answer. */
export interface Outcome {
  readonly errors: Girths;
  readonly sizeError: number;
  readonly confidence: number | null;
  readonly sd: Girths | null;
  /** How much it counts; undefined: like every other. */
  readonly weight?: number;
}

/** Mean distance between stated confidence and share of hits, over bins of equal width. */
export function calibration(judged: readonly Outcome[], bins = 5) {
  const stated = judged.filter((one) => one.confidence !== null);
  const rows = Array.from({ length: bins }, (_, bin) =>
    stated.filter(
      ({ confidence }) => Math.min(Math.floor((confidence ?? 0) * bins), bins - 1) === bin,
    ),
  ).filter((inside) => inside.length > 0);
  let [error, byChance] = [0, 0];
  for (const inside of rows) {
    const share = sumOf(inside, () => 1) / sumOf(stated, () => 1);
    const said = meanOf(inside, ({ confidence }) => confidence ?? 0);
    error += share * Math.abs(said - withinSizes(inside, 0));
    // The mean distance of an honest confidence: √(2/π) of the standard error of each bin's share.
    const count = effectiveCount(inside.map(weightOf));
    byChance += share * Math.sqrt(((2 / Math.PI) * said * (1 - said)) / count);
  }
  return { error, byChance };
}

/** The mean absolute error of each girth. */
export function errorsOf(judged: readonly Outcome[]): number[] {
  return GIRTHS.map((girth) => meanOf(judged, ({ errors }) => Math.abs(errors[girth])));
}

/** Shares of answers at most `steps` sizes off. */
export function withinSizes(judged: readonly Outcome[], steps: number): number {
  return meanOf(judged, ({ sizeError }) => (Math.abs(sizeError) <= steps ? 1 : 0));
}

/** The weighted mean of a number of each answer. */
export function meanOf(judged: readonly Outcome[], value: (one: Outcome) => number): number {
  return sumOf(judged, value) / sumOf(judged, () => 1);
}

function sumOf(judged: readonly Outcome[], value: (one: Outcome) => number): number {
  return judged.reduce((sum, one) => sum + weightOf(one) * value(one), 0);
}

function weightOf({ weight = 1 }: Outcome): number {
  return weight;
}
