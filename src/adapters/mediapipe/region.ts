/** The squares of the picture that the two models look at, in pixels. */
import { LANDMARK, type Landmark } from '../../pose.ts';
import type { RgbImage } from './decode-image.ts';
import type { DetectedPerson, Point } from './detector.ts';
import type { RotatedSquare } from './warp.ts';

type Size = Pick<RgbImage, 'width' | 'height'>;

/** How much larger than twice the distance hip centre - scale point the person's square is. */
const MARGIN = 1.25;

/** The whole picture, centred in a square: what the detector sees. */
export function wholePicture({ width, height }: Size): RotatedSquare {
  return {
    centerX: width / 2,
    centerY: height / 2,
    size: Math.max(width, height),
    rotation: 0,
  };
}

/** A point of the detector's square, in pixels of the picture. */
export function toPixels(point: Point, { width, height }: Size): Point {
  const side = Math.max(width, height);
  return { x: point.x * side - (side - width) / 2, y: point.y * side - (side - height) / 2 };
}

/**
 * The upright square around one person: the hips in the middle, turned so that the line to the
 * scale point (above the head) points up.
 */
export function regionOf(person: DetectedPerson, image: Size): RotatedSquare {
  const hip = toPixels(person.hip, image);
  const scale = toPixels(person.scale, image);
  const dx = scale.x - hip.x;
  const dy = scale.y - hip.y;
  return {
    centerX: hip.x,
    centerY: hip.y,
    size: 2 * Math.hypot(dx, dy) * MARGIN,
    rotation: normalizeAngle(Math.PI / 2 - Math.atan2(-dy, dx)),
  };
}

/** How much longer than the way from the eyes to the ankles the square around a pose is. */
const POSE_MARGIN = 1.4;

/**
 * The upright square around a pose: half way between eyes and ankles in the middle, turned so that
 * the eyes are up. Landmarks move less than the detector's key points when the same photo is cropped,
 * turned or compressed (decision 52).
 */
export function regionOfPose(landmarks: readonly Landmark[], image: Size): RotatedSquare {
  const eyes = middleOf(landmarks, image, [LANDMARK.leftEye, LANDMARK.rightEye]);
  const ankles = middleOf(landmarks, image, [LANDMARK.leftAnkle, LANDMARK.rightAnkle]);
  return squareBetween(eyes, ankles, POSE_MARGIN);
}

/** The point half way between two landmarks, in pixels. */
export function middleOf(
  landmarks: readonly Landmark[],
  { width, height }: Size,
  [one, other]: readonly [number, number],
): Point {
  const [a, b] = [landmarks[one], landmarks[other]];
  return {
    x: (((a?.x ?? 0) + (b?.x ?? 0)) / 2) * width,
    y: (((a?.y ?? 0) + (b?.y ?? 0)) / 2) * height,
  };
}

/** The square around the middle of two points, turned so that `top` is up; `margin` times their distance. */
export function squareBetween(top: Point, bottom: Point, margin: number): RotatedSquare {
  const [dx, dy] = [bottom.x - top.x, bottom.y - top.y];
  return {
    centerX: (top.x + bottom.x) / 2,
    centerY: (top.y + bottom.y) / 2,
    size: Math.hypot(dx, dy) * margin,
    rotation: Math.atan2(-dx, dy),
  };
}

/** The same angle in [-π, π). */
function normalizeAngle(angle: number): number {
  return angle - 2 * Math.PI * Math.floor((angle + Math.PI) / (2 * Math.PI));
}
