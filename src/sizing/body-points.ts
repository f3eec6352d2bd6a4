/** A pose's landmarks as points in pixels, and the few lines through the body that sizing measures along. */
import { LANDMARK, type LandmarkName, type PhotoObservation, type Pose } from '../pose.ts';
import { mean } from './matrix.ts';

export interface PixelPoint {
  readonly x: number;
  readonly y: number;
}

export type Side = 'left' | 'right';
export const SIDES: readonly Side[] = ['left', 'right'];

/** Finds the points of a pose by name. */
export type BodyPoints = (name: LandmarkName) => PixelPoint;

/** The size of an image in pixels. */
export type Frame = Pick<PhotoObservation, 'widthPx' | 'heightPx'>;

/** The pose's landmarks in pixels of the image. Throws RangeError when the pose lacks one. */
export function bodyPoints({ landmarks }: Pose, { widthPx, heightPx }: Frame): BodyPoints {
  const points = Object.fromEntries(
    Object.entries(LANDMARK).map(([name, index]) => {
      const landmark = landmarks[index];
      if (landmark === undefined) throw new RangeError(`the pose has no ${name}`);
      return [name, { x: landmark.x * widthPx, y: landmark.y * heightPx }];
    }),
  ) as Record<LandmarkName, PixelPoint>;
  return (name) => points[name];
}

/** The point `share` of the way from `from` to `to`; it may lie beyond them. */
export function along(from: PixelPoint, to: PixelPoint, share: number): PixelPoint {
  return { x: from.x + (to.x - from.x) * share, y: from.y + (to.y - from.y) * share };
}

/** Half way between the left and the right one of a pair. */
export function middleOf(points: BodyPoints, left: LandmarkName, right: LandmarkName): PixelPoint {
  return along(points(left), points(right), 0.5);
}

/** How far apart two landmarks are, in pixels. */
export function distancePx(points: BodyPoints, from: LandmarkName, to: LandmarkName): number {
  const [a, b] = [points(from), points(to)];
  return Math.hypot(a.x - b.x, a.y - b.y);
}

/** Legs at most 10 degrees from the vertical lose this share of their length at most: that is how people stand. */
const USUAL_SPREAD = 1 - Math.cos(Math.PI / 18);

/**
 * How much taller a person would look with the legs side by side, from what `upper` to `lower` lies
 * askew: the mean of both legs, px. 0 for people who stand as usual.
 */
export function legSpreadPx(
  points: BodyPoints,
  upper: 'Hip' | 'Knee',
  lower: 'Knee' | 'Ankle',
): number {
  const spreads = SIDES.map((side) => {
    const [from, to] = [`${side}${upper}`, `${side}${lower}`] as const;
    const length = distancePx(points, from, to);
    return length * (1 - USUAL_SPREAD) - (points(to).y - points(from).y);
  });
  return Math.max(mean(spreads), 0);
}

/** Between the line from an upper to a lower point and the vertical: 180 is upside down. */
export function slantDegrees(upper: PixelPoint, lower: PixelPoint): number {
  return degrees(Math.atan2(Math.abs(lower.x - upper.x), lower.y - upper.y));
}

export function degrees(radians: number): number {
  return (radians * 180) / Math.PI;
}

/** On the line from the shoulders (0) to the hips (1), half way between left and right. */
export function trunkPoint(points: BodyPoints, share: number): PixelPoint {
  const shoulders = middleOf(points, 'leftShoulder', 'rightShoulder');
  return along(shoulders, middleOf(points, 'leftHip', 'rightHip'), share);
}

/** The fingertips lie this many times as far from the wrist as the index finger's first joint. */
const FINGERTIPS = 1.6;

/** Where the middle line of arm and hand crosses the row `y`; null above the shoulder and below the fingertips. */
export function armCrossing(points: BodyPoints, side: Side, y: number): number | null {
  const wrist = points(`${side}Wrist`);
  const line = [
    points(`${side}Shoulder`),
    points(`${side}Elbow`),
    wrist,
    along(wrist, points(`${side}Index`), FINGERTIPS),
  ];
  for (const [i, lower] of line.slice(1).entries()) {
    const x = crossing(line[i] ?? lower, lower, y);
    if (x !== null) return x;
  }
  return null;
}

function crossing(upper: PixelPoint, lower: PixelPoint, y: number): number | null {
  if (y < upper.y || y > lower.y || lower.y === upper.y) return null;
  return along(upper, lower, (y - upper.y) / (lower.y - upper.y)).x;
}
