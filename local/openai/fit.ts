/**
 * The measures of a body that garments are fitted to.
 */
import type { Body, Limbs } from './body.ts';
import { between, type Capsule, distance, type Point } from './plane.ts';

export interface Fit {
  readonly body: Body;
  /** Between the joints of the shoulders, in pixels: the unit of widths. */
  readonly shoulders: number;
  /** From the shoulders to the hips, in pixels: the unit of heights. */
  readonly torso: number;
  /** The middle of the body so many torso lengths below the shoulders. */
  readonly axis: (down: number) => Point;
}

/** The direction along x from the axis to a side, as the viewer sees it. */
export type Outward = 1 | -1;

/** How far cloth stands off the body, in shoulder widths. */
const EASE = 0.06;
const HAND_RADIUS = 0.17;

export function fitOf(body: Body): Fit {
  const neck = between(body.left.shoulder, body.right.shoulder, 0.5);
  const crotch = between(body.left.hip, body.right.hip, 0.5);
  return {
    body,
    shoulders: distance(body.left.shoulder, body.right.shoulder),
    torso: distance(neck, crotch),
    axis: (down) => between(neck, crotch, down),
  };
}

/** The arm from a point on to the finger tips, which hangs before the garment. */
export function bareArm({ shoulders }: Fit, from: Point, { wrist, hand }: Limbs): Capsule {
  return { from, to: between(wrist, hand, 1.8), radius: HAND_RADIUS * shoulders };
}

/** The point of the arm that is so far from the shoulder, in pixels; at most the wrist. */
export function alongArm({ shoulder, elbow, wrist }: Limbs, length: number): Point {
  const upper = distance(shoulder, elbow);
  if (length <= upper) return between(shoulder, elbow, length / upper);
  return between(elbow, wrist, Math.min((length - upper) / distance(elbow, wrist), 1));
}

/** The outline of the trunk on a level, with some ease: the nearer side counts, the other may show an arm. */
export function torsoEdge({ body, shoulders, axis }: Fit, down: number, outward: Outward): Point {
  const middle = axis(down);
  const bounds = { least: 0.4 * shoulders, most: 0.66 * shoulders, otherwise: 0.5 * shoulders };
  const half = Math.min(
    outlineFrom(body, middle, -1, bounds),
    outlineFrom(body, middle, 1, bounds),
  );
  return { x: middle.x + outward * (half + EASE * shoulders), y: middle.y };
}

interface Bounds {
  readonly least: number;
  readonly most: number;
  readonly otherwise: number;
}

/** How far the person reaches from a place to one side, in pixels; `otherwise` where that cannot be seen. */
export function outlineFrom(
  body: Body,
  place: Point,
  outward: Outward,
  { least, most, otherwise }: Bounds,
): number {
  const covered = (aside: number) =>
    body.coverAt({ x: place.x + outward * aside, y: place.y }) >= 0.5;
  let aside = 0;
  while (aside < most && covered(aside)) aside += 2;
  return aside === 0 || aside >= most ? otherwise : Math.max(aside, least);
}
