/** How far the outline of arms and legs stands off their bones, clothes included. */

import type { LandmarkName } from '../pose.ts';
import { along, type BodyPoints, type PixelPoint, SIDES, type Side } from './body-points.ts';
import { type RowSpan, type Silhouette, spanAround } from './silhouette.ts';

type Joint = 'Shoulder' | 'Elbow' | 'Hip' | 'Knee' | 'Ankle';

/** A stretch of a limb: from one joint to the next, and where on the way it is looked at (0..1). */
interface Stretch {
  readonly from: Joint;
  readonly to: Joint;
  readonly shares: readonly number[];
}

const UPPER_ARM: Stretch = { from: 'Shoulder', to: 'Elbow', shares: [0.3, 0.4, 0.5, 0.6, 0.7] };
/** Below the hands. */
const THIGH: Stretch = { from: 'Hip', to: 'Knee', shares: [0.4, 0.5, 0.6, 0.7, 0.8] };
/** A third of the way down, where calves are thickest. */
const CALF_SHARE = 0.35;

/** From the line between shoulder and elbow across to the arm's outer border, mean of both sides, in pixels. */
export function upperArmOutline(silhouette: Silhouette, points: BodyPoints): number | null {
  return outerHalf(silhouette, points, UPPER_ARM);
}

/** From the line between hip and knee joint across to the thigh's outer border, mean of both, in pixels. */
export function thighOutline(silhouette: Silhouette, points: BodyPoints): number | null {
  return outerHalf(silhouette, points, THIGH);
}

function outerHalf(
  silhouette: Silhouette,
  points: BodyPoints,
  { from, to, shares }: Stretch,
): number | null {
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

/** How broad a calf is, mean of both, in pixels. */
export function calfBreadth(silhouette: Silhouette, points: BodyPoints): number | null {
  const middles = SIDES.map((side) =>
    along(joint(points, side, 'Knee'), joint(points, side, 'Ankle'), CALF_SHARE),
  );
  const between = middles.reduce((sum, { x }) => sum + x, 0) / middles.length;
  return meanOf(
    SIDES.flatMap((side, i) => {
      const { x, y } = middles[i] ?? { x: 0, y: 0 };
      const span = spanAround(silhouette, y, x);
      if (span === null) return [];
      const { left, right } = cutAt(span, between, x);
      return [(right - left) * across(joint(points, side, 'Knee'), joint(points, side, 'Ankle'))];
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
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
}
