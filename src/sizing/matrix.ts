/** The little linear algebra that sizing needs, on small dense matrices (rows of numbers). */

export type Vector = readonly number[];
export type Matrix = readonly Vector[];

/** Of the first `length` numbers; by default all of `a`. */
export function dot(a: Vector, b: Vector, length = a.length): number {
  let sum = 0;
  for (let i = 0; i < length; i += 1) sum += (a[i] ?? 0) * (b[i] ?? 0);
  return sum;
}

export function mean(v: Vector): number {
  return v.reduce((sum, value) => sum + value, 0) / v.length;
}

export function transpose(a: Matrix): Matrix {
  return (a[0] ?? []).map((_, column) => a.map((row) => row[column] ?? 0));
}

export function multiply(a: Matrix, b: Matrix): Matrix {
  return timesTransposed(a, transpose(b));
}

/** a·bᵀ */
export function timesTransposed(a: Matrix, b: Matrix): Matrix {
  return a.map((row) => b.map((other) => dot(row, other)));
}

export function times(a: Matrix, v: Vector): Vector {
  return a.map((row) => dot(row, v));
}

/** a + factor·b, cell by cell. */
export function plus(a: Matrix, b: Matrix, factor = 1): Matrix {
  return a.map((row, i) => row.map((value, j) => value + factor * (b[i]?.[j] ?? 0)));
}

export function scaled(a: Matrix, factor: number): Matrix {
  return a.map((row) => row.map((value) => value * factor));
}

/** Lower triangular L with L·Lᵀ = a. Throws RangeError when `a` is not positive definite. */
export function cholesky(a: Matrix): Matrix {
  const lower: number[][] = [];
  for (const [i, row] of a.entries()) {
    const current: number[] = [];
    for (let j = 0; j <= i; j += 1) {
      const above = j === i ? current : (lower[j] ?? []);
      const rest = (row[j] ?? 0) - dot(current, above, j);
      if (j < i) current.push(rest / (above[j] ?? 1));
      else if (rest > 0) current.push(Math.sqrt(rest));
      else throw new RangeError('the matrix is not positive definite');
    }
    lower.push(current);
  }
  return lower;
}

/** x with L·Lᵀ·x = b, for the L of `cholesky`. */
export function solve(lower: Matrix, b: Vector): Vector {
  const n = lower.length;
  const x = [...b];
  for (let i = 0; i < n; i += 1) {
    const row = lower[i] ?? [];
    x[i] = ((x[i] ?? 0) - dot(row, x, i)) / (row[i] ?? 1);
  }
  for (let i = n - 1; i >= 0; i -= 1) {
    let rest = x[i] ?? 0;
    for (let k = i + 1; k < n; k += 1) rest -= (lower[k]?.[i] ?? 0) * (x[k] ?? 0);
    x[i] = rest / (lower[i]?.[i] ?? 1);
  }
  return x;
}

/** The logarithm of the determinant of L·Lᵀ. */
export function logDeterminant(lower: Matrix): number {
  return lower.reduce((sum, row, i) => sum + 2 * Math.log(row[i] ?? 1), 0);
}
