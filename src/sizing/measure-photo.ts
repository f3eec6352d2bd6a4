/**
 * Measures a person in a photo: a scale from the height they gave, and the breadths in cm from which
 * girths are estimated. Outline breadths include the clothes; the estimate allows for them.
 */
import {
  type BodyPoints,
  distancePx,
  legSpreadPx,
  middleOf,
  SIDES,
  type Side,
  slantDegrees,
} from './body-points.ts';
import type { Figure } from './figure.ts';
import { legBreadth, outerHalf } from './limb-outline.ts';
import { perspectiveOf } from './perspective.ts';
import type { PhotoFeatures } from './photo-features.ts';
import {
  breadthCm,
  chestBreadth,
  hipBreadth,
  type MeasuredBreadth,
  type Outline,
  shoulderBreadth,
  waistBreadth,
} from './trunk-outline.ts';

/** Eyes above the floor as a share of the stature, sd 0.005 (ANSUR II). Hair and hats do not move them. */
export const EYE_HEIGHT = 0.9345;

interface PhotoMeasurement {
  readonly cmPerPx: number;
  readonly features: PhotoFeatures;
  /** `perspectiveOf` */
  readonly perspective: readonly number[];
  /** Where the outline's breadths were read. */
  readonly breadths: readonly MeasuredBreadth[];
}

/** Measures a person who is `heightCm` tall. Null when their extent in the image makes no sense. */
export function measurePhoto(figure: Figure, heightCm: number): PhotoMeasurement | null {
  const { points, silhouette, crownPx, solesPx } = figure;
  if (!(solesPx - crownPx > 1)) return null;
  const cmPerPx = bodyScale(figure, heightCm);
  const raised = SIDES.some((side) => armIsRaised(points, side));
  const hanging = SIDES.every((side) => forearmHangs(points, side));
  const outline: Outline = { points, silhouette, cmPerPx };
  const [shoulder, chest] = [shoulderBreadth(outline), chestBreadth(outline)];
  const [waist, hip] = [waistBreadth(outline), hipBreadth(outline)];
  const inCm = (px: number | null) => (px === null ? null : px * cmPerPx);
  const between = (left: 'leftShoulder' | 'leftHip', right: 'rightShoulder' | 'rightHip') =>
    distancePx(points, left, right) * cmPerPx;
  return {
    cmPerPx,
    perspective: perspectiveOf(figure),
    features: {
      shoulderJoints: raised ? null : between('leftShoulder', 'rightShoulder'),
      hipJoints: between('leftHip', 'rightHip'),
      shoulderOutline: raised ? null : breadthCm(shoulder, cmPerPx),
      chestOutline: breadthCm(chest, cmPerPx),
      trunkOutline: breadthCm(waist, cmPerPx),
      hipOutline: breadthCm(hip, cmPerPx),
      upperArmOutline: raised ? null : inCm(outerHalf(silhouette, points, 'upperArm')),
      forearmOutline: hanging ? inCm(outerHalf(silhouette, points, 'forearm')) : null,
      thighOutline: inCm(outerHalf(silhouette, points, 'thigh')),
      upperThighOutline: inCm(legBreadth(silhouette, points, 'upperThigh')),
      lowerThighOutline: inCm(legBreadth(silhouette, points, 'lowerThigh')),
      calfOutline: inCm(legBreadth(silhouette, points, 'calf')),
      shinOutline: inCm(legBreadth(silhouette, points, 'shin')),
      ankleToSole: inCm(solesPx - middleOf(points, 'leftAnkle', 'rightAnkle').y),
    },
    breadths: [shoulder, chest, waist, hip].filter((breadth) => breadth !== null),
  };
}

/** The scale of the whole body, cm per pixel. */
export function bodyScale({ points, eyesPx, solesPx }: Figure, heightCm: number): number {
  const spread = legSpreadPx(points, 'Hip', 'Knee') + legSpreadPx(points, 'Knee', 'Ankle');
  return (heightCm * EYE_HEIGHT) / (solesPx + spread - eyesPx);
}

/** An arm held out by more than this moves the shoulder's joint and joins the shoulders' outline. */
const HANGING_DEGREES = 50;

function armIsRaised(points: BodyPoints, side: Side): boolean {
  return slantDegrees(points(`${side}Shoulder`), points(`${side}Elbow`)) > HANGING_DEGREES;
}

/** In front of the trunk, the trunk's border would count as the forearm's. */
function forearmHangs(points: BodyPoints, side: Side): boolean {
  const [wrist, hip] = [points(`${side}Wrist`), points(`${side}Hip`)];
  const isOutside = side === 'left' ? wrist.x > hip.x : wrist.x < hip.x;
  return isOutside && slantDegrees(points(`${side}Elbow`), wrist) <= HANGING_DEGREES;
}
