/** How good answers were: errors, sizes, and whether the stated confidence is true. */
import { GIRTHS, type Girths } from '../src/sizing/body-estimate.ts';
import { mean } from './least-squares.ts';

/** What `Judged` holds of an answer. */
export interface Outcome {
  readonly errors: Girths;
  readonly sizeError: number;
  readonly confidence: number | null;
  readonly sd: Girths | null;
}

/** Mean distance between stated confidence and share of hits, over bins of equal width. */
export function calibration(judged: readonly Outcome[], bins = 5) {
  const stated = judged.filter((one) => one.confidence !== null);
  const rows = Array.from({ length: bins }, (_, bin) => {
    const inside = stated.filter(
      ({ confidence }) => Math.min(Math.floor((confidence ?? 0) * bins), bins - 1) === bin,
    );
    return {
      from: bin / bins,
      to: (bin + 1) / bins,
      count: inside.length,
      stated: mean(inside.map(({ confidence }) => confidence ?? 0)),
      right: mean(inside.map(({ sizeError }) => (sizeError === 0 ? 1 : 0))),
    };
  }).filter(({ count }) => count > 0);
  const error = rows.reduce(
    (sum, { count, stated: said, right }) => sum + (count * Math.abs(said - right)) / stated.length,
    0,
  );
  // The mean distance of an honest confidence: √(2/π) of the standard error of each bin's share.
  const byChance = rows.reduce(
    (sum, { count, stated: said }) =>
      sum + (Math.sqrt(((2 / Math.PI) * said * (1 - said)) / count) * count) / stated.length,
    0,
  );
  return { rows, error, byChance };
}

/** Per girth: mean absolute error, bias, standard deviation of the error. */
export function errorsOf(judged: readonly Outcome[]) {
  return GIRTHS.map((girth) => {
    const errors = judged.map((one) => one.errors[girth]);
    const bias = mean(errors);
    return {
      girth,
      mae: mean(errors.map(Math.abs)),
      bias,
      sd: Math.sqrt(mean(errors.map((error) => (error - bias) ** 2))),
    };
  });
}

/** Shares of answers at most `steps` sizes off. */
export function withinSizes(judged: readonly Outcome[], steps: number): number {
  return mean(judged.map(({ sizeError }) => (Math.abs(sizeError) <= steps ? 1 : 0)));
}
