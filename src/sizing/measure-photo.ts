/**
 * Measures a person in a photo: a scale from the height they gave, and a few breadths in cm that
 * tell about girths. Outline breadths include the clothes; what that means is for the estimate to
 * say. See docs/decisions for why these and no others.
 */
import {
  along,
  armCrossing,
  type BodyPoints,
  bodyPoints,
  distancePx,
  middleOf,
  SIDES,
  type Side,
  trunkPoint,
} from './body-points.ts';
import type { ObservedPhoto } from './observed-photo.ts';
import { type RowSpan, reach, type Silhouette, silhouetteOf, spanAround } from './silhouette.ts';

/** What is measured, in cm. */
export const PHOTO_FEATURES = [
  /** Between the shoulder joints, as the pose model sees them. */
  'shoulderJoints',
  /** Between the hip joints. */
  'hipJoints',
  /** Outline over both upper arms, at the shoulders. */
  'shoulderOutline',
  /** Outline of the trunk without arms, mean from the lower ribs to the hip joints. */
  'trunkOutline',
  /** Outline just below the hip joints. */
  'hipOutline',
  /** Outline of one calf, mean of both. */
  'calfOutline',
  /** From the ankles down to the lowest point of the feet: soles, and how far the camera looks down. */
  'ankleToSole',
] as const;
export type PhotoFeature = (typeof PHOTO_FEATURES)[number];

/** Null: not measurable in this photo. */
export type PhotoFeatures = Readonly<Record<PhotoFeature, number | null>>;

/** A horizontal stretch in the image, in pixels, to draw over the photo. */
export interface MeasuredBreadth {
  readonly name: 'shoulder' | 'waist' | 'hip';
  readonly yPx: number;
  readonly leftPx: number;
  readonly rightPx: number;
}

export interface PhotoMeasurement {
  /** Rows of the top of the head and of the soles, in pixels. */
  readonly crownPx: number;
  readonly solesPx: number;
  readonly cmPerPx: number;
  readonly features: PhotoFeatures;
  /** Where the outline's breadths were read. */
  readonly breadths: readonly MeasuredBreadth[];
}

/** Levels of the trunk (0 shoulders, 1 hip joints) that an outline breadth is the mean of. */
const LEVELS = {
  shoulder: levels(0, 0.15),
  waist: levels(0.6, 1),
  hip: levels(1, 1.2),
} as const;

/** Breadth of a sleeved arm beside the trunk in cm: the mean of the dressed renders. */
const TYPICAL_ARM_CM = 7.8;

/**
 * Measures the person in the photo, who is `heightCm` tall. Null when there is no pose or its
 * extent in the image makes no sense; with a pose but no mask only the joints are measured.
 */
export function measurePhoto(photo: ObservedPhoto, heightCm: number): PhotoMeasurement | null {
  if (photo.pose === null) return null;
  const points = bodyPoints(photo);
  const silhouette = silhouetteOf(photo);
  const { crownPx, solesPx } = verticalExtent(points, silhouette);
  if (!(solesPx - crownPx > 1)) return null;
  const cmPerPx = heightCm / (solesPx - crownPx);
  const ankleY = middleOf(points, 'leftAnkle', 'rightAnkle').y;
  const trunk = silhouette === null ? null : trunkBreadths(silhouette, points, cmPerPx);
  const calfPx = silhouette === null ? null : calfBreadth(silhouette, points);
  return {
    crownPx,
    solesPx,
    cmPerPx,
    features: {
      shoulderJoints: distancePx(points, 'leftShoulder', 'rightShoulder') * cmPerPx,
      hipJoints: distancePx(points, 'leftHip', 'rightHip') * cmPerPx,
      shoulderOutline: widthCm(trunk?.shoulder, cmPerPx),
      trunkOutline: widthCm(trunk?.waist, cmPerPx),
      hipOutline: widthCm(trunk?.hip, cmPerPx),
      calfOutline: calfPx === null ? null : calfPx * cmPerPx,
      ankleToSole: silhouette === null ? null : (solesPx - ankleY) * cmPerPx,
    },
    breadths: [trunk?.shoulder, trunk?.waist, trunk?.hip].filter((breadth) => breadth != null),
  };
}

/**
 * The rows of crown and soles. With a mask: how far the head reaches up and the feet reach down.
 * Without: from the eyes, which are at 0.9345 of the stature (ANSUR II), to the toes.
 */
export function verticalExtent(
  points: BodyPoints,
  silhouette: Silhouette | null,
): { readonly crownPx: number; readonly solesPx: number } {
  const toesY = Math.max(points('leftToe').y, points('rightToe').y);
  const eyesY = middleOf(points, 'leftEye', 'rightEye').y;
  if (silhouette === null) {
    return { crownPx: toesY - (toesY - eyesY) / 0.9345, solesPx: toesY };
  }
  const head = distancePx(points, 'leftEar', 'rightEar');
  const nose = points('nose');
  const around = (x: number): RowSpan => ({ left: x - head / 2, right: x + head / 2 });
  const soles = SIDES.map((side) => {
    const [heel, toe] = [points(`${side}Heel`), points(`${side}Toe`)];
    return reach(silhouette, (heel.y + toe.y) / 2, 1, {
      left: Math.min(heel.x, toe.x) - head / 4,
      right: Math.max(heel.x, toe.x) + head / 4,
    });
  });
  return {
    crownPx: reach(silhouette, nose.y, -1, around(nose.x)),
    solesPx: Math.max(...soles),
  };
}

function trunkBreadths(silhouette: Silhouette, points: BodyPoints, cmPerPx: number) {
  const whole = (share: number) => {
    const { x, y } = trunkPoint(points, share);
    return placed(spanAround(silhouette, y, x), y);
  };
  const withoutArms = (share: number) => {
    const { x, y } = trunkPoint(points, share);
    const span = spanAround(silhouette, y, x);
    return placed(span === null ? null : cutArms(points, span, y, cmPerPx), y);
  };
  return {
    shoulder: meanBreadth('shoulder', LEVELS.shoulder.map(whole)),
    waist: meanBreadth('waist', LEVELS.waist.map(withoutArms)),
    hip: meanBreadth('hip', LEVELS.hip.map(withoutArms)),
  };
}

/**
 * The span without arms that touch the trunk. The arm's outer border is visible and its middle is
 * known from the joints, so its breadth is twice the distance between them; joints hidden by
 * sleeves are uncertain, so that is averaged with a typical arm.
 */
function cutArms(points: BodyPoints, span: RowSpan, y: number, cmPerPx: number): RowSpan {
  const armBreadth = (outer: number, middle: number) =>
    Math.abs(outer - middle) + TYPICAL_ARM_CM / cmPerPx / 2;
  const inside = (side: Side): number | null => {
    const x = armCrossing(points, side, y);
    return x !== null && x > span.left && x < span.right ? x : null;
  };
  // The person faces the camera, so their left arm is on the right of the image.
  const [onLeft, onRight] = [inside('right'), inside('left')];
  return {
    left: onLeft === null ? span.left : span.left + armBreadth(span.left, onLeft),
    right: onRight === null ? span.right : span.right - armBreadth(span.right, onRight),
  };
}

/** How broad a calf is, a third of the way from knee to ankle and across the leg; mean of both. */
function calfBreadth(silhouette: Silhouette, points: BodyPoints): number | null {
  const breadths = SIDES.flatMap((side) => {
    const [knee, ankle] = [points(`${side}Knee`), points(`${side}Ankle`)];
    const { x, y } = along(knee, ankle, 0.35);
    const span = spanAround(silhouette, y, x);
    if (span === null) return [];
    const other = along(points(`${otherSide(side)}Knee`), points(`${otherSide(side)}Ankle`), 0.35);
    const { left, right } = cutAt(span, (x + other.x) / 2, x);
    const slant = (ankle.y - knee.y) / Math.hypot(ankle.x - knee.x, ankle.y - knee.y);
    return [(right - left) * slant];
  });
  return breadths.length === 0 ? null : mean(breadths);
}

/** Legs that touch: keep the half of the span that holds `x`. */
function cutAt(span: RowSpan, border: number, x: number): RowSpan {
  if (border <= span.left || border >= span.right) return span;
  return x > border ? { left: border, right: span.right } : { left: span.left, right: border };
}

function otherSide(side: Side): Side {
  return side === 'left' ? 'right' : 'left';
}

interface PlacedSpan extends RowSpan {
  readonly y: number;
}

function placed(span: RowSpan | null, y: number): PlacedSpan | null {
  return span === null ? null : { ...span, y };
}

/** The mean of the spans as one breadth at their middle level; null when no row shows the person. */
function meanBreadth(
  name: MeasuredBreadth['name'],
  rows: readonly (PlacedSpan | null)[],
): MeasuredBreadth | null {
  const spans = rows.filter((row) => row !== null);
  if (spans.length === 0) return null;
  return {
    name,
    yPx: mean(spans.map(({ y }) => y)),
    leftPx: mean(spans.map(({ left }) => left)),
    rightPx: mean(spans.map(({ right }) => right)),
  };
}

function widthCm(breadth: MeasuredBreadth | null | undefined, cmPerPx: number): number | null {
  return breadth == null ? null : (breadth.rightPx - breadth.leftPx) * cmPerPx;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function levels(from: number, to: number): readonly number[] {
  const steps = Math.round((to - from) / 0.025);
  return Array.from({ length: steps + 1 }, (_, step) => from + (step * (to - from)) / steps);
}
