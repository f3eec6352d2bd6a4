/**
 * Points in a picture and the little geometry that laying garments on bodies needs.
 */

/** Pixels from the top left corner. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** A place of one picture and the place of another that belongs to it. */
export interface PointPair {
  readonly from: Point;
  readonly to: Point;
}

/** Everything within `radius` of the line between two points. */
export interface Capsule {
  readonly from: Point;
  readonly to: Point;
  readonly radius: number;
}

export function pair(from: Point, to: Point): PointPair {
  return { from, to };
}

export function between(a: Point, b: Point, share: number): Point {
  return { x: a.x + share * (b.x - a.x), y: a.y + share * (b.y - a.y) };
}

export function distance(a: Point, b: Point): number {
  return Math.hypot(a.x - b.x, a.y - b.y);
}

/** How far along the capsule's line the place lies, 0 at its beginning and 1 at its end, unbounded. */
export function shareAlong({ from, to }: Capsule, { x, y }: Point): number {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  return ((x - from.x) * dx + (y - from.y) * dy) / (dx ** 2 + dy ** 2 || 1);
}

export function isInside(capsule: Capsule, place: Point): boolean {
  const share = Math.min(Math.max(shareAlong(capsule, place), 0), 1);
  return distance(place, between(capsule.from, capsule.to, share)) <= capsule.radius;
}
