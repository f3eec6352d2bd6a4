/** How far the outline of arms and legs stands off their bones, clothes included. */

import type { LandmarkName } from '../pose.ts';
import { along, type BodyPoints, type PixelPoint, SIDES, type Side } from './body-points.ts';
import { mean } from './matrix.ts';
import { type RowSpan, type Silhouette, spanAround } from './silhouette.ts';

type Joint = 'Shoulder' | 'Elbow' | 'Wrist' | 'Hip' | 'Knee' | 'Ankle';

/** A stretch of a limb: from one joint to the next, and where on the way it is measured (0..1). */
interface Stretch {
  readonly from: Joint;
  readonly to: Joint;
  readonly shares: readonly number[];
}

/** Where the outer half of a limb is measured: the outline on the body's side may be the trunk's. */
const HALVES = {
  upperArm: { from: 'Shoulder', to: 'Elbow', shares: [0.3, 0.4, 0.5, 0.6, 0.7] },
  forearm: { from: 'Elbow', to: 'Wrist', shares: [0.3, 0.4, 0.5, 0.6, 0.7] },
  /** Below the hands. */
  thigh: { from: 'Hip', to: 'Knee', shares: [0.4, 0.5, 0.6, 0.7, 0.8] },
} as const satisfies Record<string, Stretch>;

/** Where the whole breadth of a leg is measured. */
const LEGS = {
  /** Under the seat. */
  upperThigh: { from: 'Hip', to: 'Knee', share: 0.2 },
  /** Above the knee. */
  lowerThigh: { from: 'Hip', to: 'Knee', share: 0.8 },
  /** Where calves are thickest. */
  calf: { from: 'Knee', to: 'Ankle', share: 0.35 },
  /** Above the ankle, where the leg is thin and trousers are not. */
  shin: { from: 'Knee', to: 'Ankle', share: 0.8 },
} as const;

/** From the line between two joints across to the limb's outer border, mean of both sides, in pixels. */
export function outerHalf(
  silhouette: Silhouette,
  points: BodyPoints,
  limb: keyof typeof HALVES,
): number | null {
  const { from, to, shares } = HALVES[limb];
  return meanOf(
    SIDES.flatMap((side) => {
      const [upper, lower] = [joint(points, side, from), joint(points, side, to)];
      return shares.flatMap((share) => {
        const { x, y } = along(upper, lower, share);
        const span = spanAround(silhouette, y, x);
        if (span === null) return [];
        const half = side === 'left' ? span.right - x : x - span.left;
        return [half * across(upper, lower)];
      });
    }),
  );
}

/** How broad one leg is, mean of both, in pixels. */
export function legBreadth(
  silhouette: Silhouette,
  points: BodyPoints,
  level: keyof typeof LEGS,
): number | null {
  const { from, to, share } = LEGS[level];
  const ends = SIDES.map((side) => [joint(points, side, from), joint(points, side, to)] as const);
  const middles = ends.map(([upper, lower]) => along(upper, lower, share));
  const between = mean(middles.map(({ x }) => x));
  return meanOf(
    ends.flatMap(([upper, lower]) => {
      const { x, y } = along(upper, lower, share);
      const span = spanAround(silhouette, y, x);
      if (span === null) return [];
      const { left, right } = cutAt(span, between, x);
      return [(right - left) * across(upper, lower)];
    }),
  );
}

/** Legs that touch: keep the half of the span that holds `x`. */
function cutAt(span: RowSpan, border: number, x: number): RowSpan {
  if (border <= span.left || border >= span.right) return span;
  return x > border ? { left: border, right: span.right } : { left: span.left, right: border };
}

function joint(points: BodyPoints, side: Side, name: Joint): PixelPoint {
  return points(`${side}${name}` satisfies LandmarkName);
}

/** What makes a horizontal distance one across the limb: the cosine of its slant. */
function across(upper: PixelPoint, lower: PixelPoint): number {
  return (lower.y - upper.y) / Math.hypot(lower.x - upper.x, lower.y - upper.y);
}

function meanOf(values: readonly number[]): number | null {
  return values.length === 0 ? null : mean(values);
}
