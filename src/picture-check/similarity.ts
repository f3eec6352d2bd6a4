/**
 * How the person of one picture comes to lie on the person of another: moved, scaled and turned as a
 * whole, by the landmarks that can be seen in both.
 */
import type { PictureView } from '../ports/picture-views.ts';
import type { Landmark } from '../pose.ts';

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** q = (a + ib)·p + (x + iy), in pixels. */
export interface Similarity {
  readonly a: number;
  readonly b: number;
  readonly x: number;
  readonly y: number;
}

/** BlazePose's numbers of head, shoulders, elbows, wrists, hips, knees, ankles. */
export const BODY = [0, 2, 5, 7, 8, 11, 12, 13, 14, 15, 16, 23, 24, 25, 26, 27, 28];
const MIN_VISIBILITY = 0.5;
/** Fewer points are not a body. */
const MIN_POINTS = 4;

export interface Pair {
  readonly from: Point;
  readonly to: Point;
}

/** Is the point in the picture, and can it be seen? */
export function isSeen({ x, y, visibility }: Landmark): boolean {
  return visibility >= MIN_VISIBILITY && x > 0 && x < 1 && y > 0 && y < 1;
}

/** The body's points that are seen in both pictures, in pixels. */
export function seenInBoth(from: PictureView, to: PictureView): Pair[] {
  return BODY.flatMap((index) => {
    const [one, other] = [from.person?.landmarks[index], to.person?.landmarks[index]];
    if (one === undefined || other === undefined || !isSeen(one) || !isSeen(other)) return [];
    return [{ from: inPixels(one, from), to: inPixels(other, to) }];
  });
}

export function inPixels({ x, y }: Landmark, { widthPx, heightPx }: PictureView): Point {
  return { x: x * widthPx, y: y * heightPx };
}

/** The least squares fit; null for too few points. */
export function fitSimilarity(pairs: readonly Pair[]): Similarity | null {
  if (pairs.length < MIN_POINTS) return null;
  const from = middleOf(pairs.map((pair) => pair.from));
  const to = middleOf(pairs.map((pair) => pair.to));
  let [real, imaginary, size] = [0, 0, 0];
  for (const pair of pairs) {
    const [px, py] = [pair.from.x - from.x, pair.from.y - from.y];
    const [qx, qy] = [pair.to.x - to.x, pair.to.y - to.y];
    real += px * qx + py * qy;
    imaginary += px * qy - py * qx;
    size += px * px + py * py;
  }
  if (size === 0) return null;
  const [a, b] = [real / size, imaginary / size];
  return { a, b, x: to.x - a * from.x + b * from.y, y: to.y - b * from.x - a * from.y };
}

export function move({ a, b, x, y }: Similarity, point: Point): Point {
  return { x: a * point.x - b * point.y + x, y: b * point.x + a * point.y + y };
}

export function scaleOf({ a, b }: Similarity): number {
  return Math.hypot(a, b);
}

/** How far the points lie from where the fit puts them, root mean square, in pixels of the second picture. */
export function residualOf(fit: Similarity, pairs: readonly Pair[]): number {
  const squares = pairs.map(({ from, to }) => {
    const moved = move(fit, from);
    return (moved.x - to.x) ** 2 + (moved.y - to.y) ** 2;
  });
  return Math.sqrt(squares.reduce((sum, square) => sum + square, 0) / pairs.length);
}

function middleOf(points: readonly Point[]): Point {
  const sum = points.reduce((a, b) => ({ x: a.x + b.x, y: a.y + b.y }), { x: 0, y: 0 });
  return { x: sum.x / points.length, y: sum.y / points.length };
}
