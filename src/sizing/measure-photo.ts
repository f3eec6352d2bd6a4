/**
 * Measures a person in a photo: a scale from the height they gave, and a few breadths in cm that
 * tell about girths. Outline breadths include the clothes; what that means is for the estimate to
 * say. Decision 6 says why these and no others.
 */
import {
  type BodyPoints,
  bodyPoints,
  distancePx,
  middleOf,
  SIDES,
  type Side,
} from './body-points.ts';
import { calfBreadth, thighOutline, upperArmOutline } from './limb-outline.ts';
import type { ObservedPhoto } from './observed-photo.ts';
import { perspectiveOf } from './perspective.ts';
import { type RowSpan, reach, type Silhouette, silhouetteOf } from './silhouette.ts';
import {
  breadthCm,
  chestBreadth,
  hipBreadth,
  type MeasuredBreadth,
  type Outline,
  shoulderBreadth,
  waistBreadth,
} from './trunk-outline.ts';

/** What is measured, in cm. */
export const PHOTO_FEATURES = [
  /** Between the shoulder joints, as the pose model sees them. */
  'shoulderJoints',
  /** Between the hip joints. */
  'hipJoints',
  /** Outline over both upper arms, at the shoulders. */
  'shoulderOutline',
  /** Outline of the trunk under the armpits; only where the arms stand off. */
  'chestOutline',
  /** Outline of the trunk without arms, from the lower ribs to the hip joints. */
  'trunkOutline',
  /** Outline around the hip joints. */
  'hipOutline',
  /** From the line of the upper arm's joints to its outer border, mean of both. */
  'upperArmOutline',
  /** From the line of the thigh's joints to its outer border, mean of both. */
  'thighOutline',
  /** Outline of one calf, mean of both. */
  'calfOutline',
  /** From the ankles down to the lowest point of the feet: soles, and how far the camera looks down. */
  'ankleToSole',
] as const;
export type PhotoFeature = (typeof PHOTO_FEATURES)[number];

/** Eyes above the floor as a share of the stature, sd 0.005 (ANSUR II). Hair and hats do not move them. */
export const EYE_HEIGHT = 0.9345;

/** Null: not measurable in this photo. */
export type PhotoFeatures = Readonly<Record<PhotoFeature, number | null>>;

export interface PhotoMeasurement {
  /** Rows of the top of the head and of the soles, in pixels. */
  readonly crownPx: number;
  readonly solesPx: number;
  readonly cmPerPx: number;
  readonly features: PhotoFeatures;
  /** `perspectiveOf` */
  readonly perspective: readonly number[] | null;
  /** Where the outline's breadths were read. */
  readonly breadths: readonly MeasuredBreadth[];
}

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
  const eyesPx = middleOf(points, 'leftEye', 'rightEye').y;
  const cmPerPx = (heightCm * EYE_HEIGHT) / (solesPx - eyesPx);
  const raised = SIDES.some((side) => armIsRaised(points, side));
  const perspective = perspectiveOf(photo, solesPx);
  const joints = {
    shoulderJoints: raised ? null : distancePx(points, 'leftShoulder', 'rightShoulder') * cmPerPx,
    hipJoints: distancePx(points, 'leftHip', 'rightHip') * cmPerPx,
  };
  if (silhouette === null) {
    const features = { ...NOTHING, ...joints };
    return { crownPx, solesPx, cmPerPx, features, perspective, breadths: [] };
  }
  const outline: Outline = { points, silhouette, cmPerPx };
  const [shoulder, chest] = [shoulderBreadth(outline), chestBreadth(outline)];
  const [waist, hip] = [waistBreadth(outline), hipBreadth(outline)];
  const inCm = (px: number | null) => (px === null ? null : px * cmPerPx);
  return {
    crownPx,
    solesPx,
    cmPerPx,
    perspective,
    features: {
      ...joints,
      shoulderOutline: raised ? null : breadthCm(shoulder, cmPerPx),
      chestOutline: breadthCm(chest, cmPerPx),
      trunkOutline: breadthCm(waist, cmPerPx),
      hipOutline: breadthCm(hip, cmPerPx),
      upperArmOutline: raised ? null : inCm(upperArmOutline(silhouette, points)),
      thighOutline: inCm(thighOutline(silhouette, points)),
      calfOutline: inCm(calfBreadth(silhouette, points)),
      ankleToSole: inCm(solesPx - middleOf(points, 'leftAnkle', 'rightAnkle').y),
    },
    breadths: [shoulder, chest, waist, hip].filter((breadth) => breadth !== null),
  };
}

/** An arm held out by more than this moves the shoulder's joint and joins the shoulders' outline. */
const HANGING_DEGREES = 50;

function armIsRaised(points: BodyPoints, side: Side): boolean {
  const [shoulder, elbow] = [points(`${side}Shoulder`), points(`${side}Elbow`)];
  const angle = Math.atan2(Math.abs(elbow.x - shoulder.x), elbow.y - shoulder.y);
  return (angle * 180) / Math.PI > HANGING_DEGREES;
}

const NOTHING = Object.fromEntries(PHOTO_FEATURES.map((name) => [name, null])) as Record<
  PhotoFeature,
  null
>;

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
    return { crownPx: toesY - (toesY - eyesY) / EYE_HEIGHT, solesPx: toesY };
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
