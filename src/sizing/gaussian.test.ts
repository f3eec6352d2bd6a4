import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { observe, sharesOf } from './gaussian.ts';
import { cholesky, logDeterminant, multiply, solve, transpose } from './matrix.ts';

const near = (actual: number | undefined, expected: number) =>
  assert.ok(Math.abs((actual ?? Number.NaN) - expected) < 1e-9, `${actual} is not ${expected}`);

describe('normal distributions', () => {
  it('meet an equally uncertain observation half way', () => {
    const { posterior } = observe(
      { mean: [100], covariance: [[4]] },
      { observed: [110], offset: [0], slopes: [[1]], noise: [[4]] },
    );
    near(posterior.mean[0], 105);
    near(posterior.covariance[0]?.[0], 2);
  });

  it('learn about what was not observed through what goes with it', () => {
    const { posterior } = observe(
      {
        mean: [0, 0],
        covariance: [
          [1, 0.8],
          [0.8, 1],
        ],
      },
      { observed: [2], offset: [0], slopes: [[1, 0]], noise: [[1e-12]] },
    );
    near(posterior.mean[1], 1.6);
    near(posterior.covariance[1]?.[1], 1 - 0.64);
  });

  it('stay as they are without an observation', () => {
    const prior = {
      mean: [1, 2],
      covariance: [
        [2, 1],
        [1, 2],
      ],
    };
    const { posterior, logLikelihood } = observe(prior, {
      observed: [],
      offset: [],
      slopes: [],
      noise: [],
    });
    assert.deepEqual(posterior.mean, prior.mean);
    assert.deepEqual(posterior.covariance, prior.covariance);
    near(logLikelihood, 0);
  });

  it('find an observation less likely the more it surprises', () => {
    const at = (observed: number) =>
      observe(
        { mean: [0], covariance: [[1]] },
        { observed: [observed], offset: [0], slopes: [[1]], noise: [[1]] },
      ).logLikelihood;
    near(at(0) - at(2), 1);
  });

  it('turn logarithms of weights into shares without overflow', () => {
    assert.deepEqual(sharesOf([-1000, -1000]), [0.5, 0.5]);
    assert.deepEqual(sharesOf([1000, -1000]), [1, 0]);
  });
});

describe('the linear algebra', () => {
  it('takes a matrix apart and solves equations with the parts', () => {
    const a = [
      [4, 2, 1],
      [2, 5, 3],
      [1, 3, 6],
    ];
    const lower = cholesky(a);
    const again = multiply(
      lower.map((row) => [...row, 0, 0].slice(0, 3)),
      transpose(lower.map((row) => [...row, 0, 0].slice(0, 3))),
    );
    for (const [i, row] of a.entries())
      for (const [j, value] of row.entries()) near(again[i]?.[j], value);
    const x = solve(lower, [7, 10, 10]);
    for (const value of x) near(value, 1);
    near(logDeterminant(lower), Math.log(67));
  });

  it('refuses a matrix that is no covariance', () => {
    assert.throws(
      () =>
        cholesky([
          [1, 2],
          [2, 1],
        ]),
      RangeError,
    );
  });
});
