/** The little regression that fitting the sizing needs. */
import {
  cholesky,
  dot,
  type Matrix,
  multiply,
  solve,
  transpose,
  type Vector,
} from '../../src/sizing/matrix.ts';

/** Weighted least squares with a ridge per input. */
export function leastSquares(
  inputs: Matrix,
  observed: Vector,
  weights: Vector = observed.map(() => 1),
  penalties: Vector = inputs[0]?.map(() => 0) ?? [],
): Vector {
  const columns = transpose(inputs);
  const weighted = inputs.map((row, i) => row.map((value) => value * (weights[i] ?? 1)));
  const normal = multiply(columns, weighted).map((row, i) =>
    row.map((value, j) => (i === j ? value + (penalties[i] ?? 0) : value)),
  );
  return solve(
    cholesky(normal),
    transpose(weighted).map((values) => dot(values, observed)),
  );
}

export function mean(values: Vector): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Mean and standard deviation. */
export function spread(values: Vector): { mean: number; sd: number } {
  const centre = mean(values);
  return { mean: centre, sd: Math.sqrt(mean(values.map((value) => (value - centre) ** 2))) };
}
