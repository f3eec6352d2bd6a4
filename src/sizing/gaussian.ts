/** Normal distributions of several numbers, and how an observation changes them. */
import {
  cholesky,
  dot,
  logDeterminant,
  type Matrix,
  multiply,
  plus,
  solve,
  times,
  timesTransposed,
  transpose,
  type Vector,
} from './matrix.ts';

export interface Gaussian {
  readonly mean: Vector;
  readonly covariance: Matrix;
}

/** Observed = `offset` + `slopes`·unknown + noise: one row of slopes per observed number. */
export interface LinearObservation {
  readonly observed: Vector;
  readonly offset: Vector;
  readonly slopes: Matrix;
  readonly noise: Matrix;
}

/** The distribution after an observation, and the log of how likely that observation was. */
export function observe(
  prior: Gaussian,
  { observed, offset, slopes, noise }: LinearObservation,
): { readonly posterior: Gaussian; readonly logLikelihood: number } {
  const spread = multiply(slopes, prior.covariance);
  const lower = cholesky(plus(timesTransposed(spread, slopes), noise));
  const expected = times(slopes, prior.mean);
  const surprise = observed.map((value, i) => value - (offset[i] ?? 0) - (expected[i] ?? 0));
  const weighed = solve(lower, surprise);
  const gain = transpose(spread);
  const correction = times(gain, weighed);
  const solved = gain.map((column) => solve(lower, column));
  return {
    posterior: {
      mean: prior.mean.map((value, i) => value + (correction[i] ?? 0)),
      covariance: plus(prior.covariance, timesTransposed(gain, solved), -1),
    },
    logLikelihood: -0.5 * (dot(surprise, weighed) + logDeterminant(lower)),
  };
}

/** Shares that sum to 1 from logarithms of weights. */
export function sharesOf(logWeights: Vector): Vector {
  const largest = Math.max(...logWeights);
  const weights = logWeights.map((value) => Math.exp(value - largest));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}
