/**
 * The smoothest map of the plane that takes given points to given points: a thin-plate spline
 * (Bookstein 1989), by which try-on systems commonly bend garments.
 */
import type { Point, PointPair } from './plane.ts';

/** A map that takes every `from` to its `to`. Needs at least three pairs that are not on one line. */
export function thinPlateSpline(pairs: readonly PointPair[]): (place: Point) => Point {
  const anchors = pairs.map(({ from }) => from);
  const xs = solve(system(anchors), [...pairs.map(({ to }) => to.x), 0, 0, 0]);
  const ys = solve(system(anchors), [...pairs.map(({ to }) => to.y), 0, 0, 0]);
  return (place) => {
    const basis = basisAt(place, anchors);
    return { x: dot(basis, xs), y: dot(basis, ys) };
  };
}

function basisAt(place: Point, anchors: readonly Point[]): number[] {
  return [...anchors.map((anchor) => bend(place, anchor)), 1, place.x, place.y];
}

/** r² log r². */
function bend(a: Point, b: Point): number {
  const squared = (a.x - b.x) ** 2 + (a.y - b.y) ** 2;
  return squared === 0 ? 0 : squared * Math.log(squared);
}

function system(anchors: readonly Point[]): number[][] {
  const sides = (pick: (anchor: Point) => number) => [...anchors.map(pick), 0, 0, 0];
  return [
    ...anchors.map((anchor) => basisAt(anchor, anchors)),
    sides(() => 1),
    sides(({ x }) => x),
    sides(({ y }) => y),
  ];
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, index) => sum + value * (b[index] ?? 0), 0);
}

/** Gauss's elimination with pivoting. */
function solve(matrix: readonly number[][], right: readonly number[]): number[] {
  const rows = matrix.map((row, index) => [...row, right[index] ?? 0]);
  for (let column = 0; column < rows.length; column += 1) {
    const size = (row: number) => Math.abs(rows[row]?.[column] ?? 0);
    let pivot = column;
    for (let row = column; row < rows.length; row += 1) if (size(row) > size(pivot)) pivot = row;
    const [top = [], swapped = []] = [rows[pivot], rows[column]];
    rows[pivot] = swapped;
    rows[column] = top.map((value) => value / (top[column] || Number.EPSILON));
    eliminate(rows, column);
  }
  return rows.map((row) => row.at(-1) ?? 0);
}

function eliminate(rows: number[][], column: number): void {
  const pivot = rows[column] ?? [];
  rows.forEach((row, index) => {
    const factor = row[column] ?? 0;
    if (index !== column && factor !== 0)
      rows[index] = row.map((value, at) => value - factor * (pivot[at] ?? 0));
  });
}
