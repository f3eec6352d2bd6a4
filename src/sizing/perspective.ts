/**
 * Where a photo was taken from, as far as the photo shows it. A camera held low, high or close
 * stretches what is near it, so that the trunk has another scale than the whole body.
 */
import { LANDMARK, type WorldLandmark } from '../pose.ts';
import { type BodyPoints, distancePx, legSpreadPx, middleOf } from './body-points.ts';
import type { PerspectiveModel } from './coefficients.ts';
import type { Figure } from './figure.ts';
import { dot, type Vector } from './matrix.ts';
import type { PhotoFeature, PhotoFeatures } from './photo-features.ts';

/**
 * Levels of shoulders, hips, knees, toes, heels and soles as shares of the way from the eyes (0) to
 * the ankles (1); the ears' distance in the same unit; how the trunk leans in depth (radians), and
 * the square of the hips' turn. Not how the head is held: people nod, and under a hat the pose model
 * puts the ears elsewhere (decision 52). Not how the legs lean: decision 69.
 */
const NUMBERS = [
  'shoulders',
  'hips',
  'knees',
  'toes',
  'heels',
  'soles',
  'ears',
  'trunkLean',
  'turnSquared',
] as const;
type PerspectiveNumber = (typeof NUMBERS)[number];

/** The numbers of a photo, in the order of `NUMBERS`. */
export function perspectiveOf({ pose, points, eyesPx: eyes, solesPx }: Figure): number[] {
  const { world } = pose;
  const ankles = middleOf(points, 'leftAnkle', 'rightAnkle').y;
  const thighs = legSpreadPx(points, 'Hip', 'Knee');
  const shins = legSpreadPx(points, 'Knee', 'Ankle');
  const share = (px: number) => px / (ankles + thighs + shins - eyes);
  const numbers: Readonly<Record<PerspectiveNumber, number>> = {
    shoulders: share(level(points, 'Shoulder') - eyes),
    hips: share(level(points, 'Hip') - eyes),
    knees: share(level(points, 'Knee') + thighs - eyes),
    toes: share(level(points, 'Toe') - ankles),
    heels: share(level(points, 'Heel') - ankles),
    soles: share(solesPx - ankles),
    ears: share(distancePx(points, 'leftEar', 'rightEar')),
    trunkLean: trunkLean(world),
    turnSquared: turnOf(world) ** 2,
  };
  return NUMBERS.map((name) => numbers[name]);
}

/** The pose model shows the hips turned by less than they are. */
const TURN_FACTOR = 1.35;

/** How far the hips are turned away from the camera, radians. */
export function turnOf(world: readonly WorldLandmark[]): number {
  const [left, right] = [world[LANDMARK.leftHip], world[LANDMARK.rightHip]];
  if (left === undefined || right === undefined) return 0;
  return TURN_FACTOR * Math.atan2(left.z - right.z, left.x - right.x);
}

type Joint = 'Shoulder' | 'Hip' | 'Knee' | 'Heel' | 'Toe';

function level(points: BodyPoints, joint: Joint): number {
  return middleOf(points, `left${joint}`, `right${joint}`).y;
}

/** The angle between the line from shoulders to hips and the picture's plane. */
function trunkLean(world: readonly WorldLandmark[]): number {
  const sum = (joint: 'Shoulder' | 'Hip', axis: 'y' | 'z') =>
    (world[LANDMARK[`left${joint}`]]?.[axis] ?? 0) +
    (world[LANDMARK[`right${joint}`]]?.[axis] ?? 0);
  return Math.atan2(sum('Shoulder', 'z') - sum('Hip', 'z'), sum('Hip', 'y') - sum('Shoulder', 'y'));
}

/**
 * Where each breadth is measured on the way from the shoulders (0) to the hips (1). Legs count as
 * hips: the scale further down would be extrapolated, and be mostly noise.
 */
const LEVELS: Partial<Record<PhotoFeature, number>> = {
  shoulderJoints: 0,
  shoulderOutline: 0.07,
  upperArmOutline: 0.3,
  chestOutline: 0.33,
  forearmOutline: 0.8,
  trunkOutline: 0.8,
  hipJoints: 1,
  hipOutline: 1,
  thighOutline: 1,
  upperThighOutline: 1,
  lowerThighOutline: 1,
  calfOutline: 1,
  shinOutline: 1,
};
/** The levels for which the model gives the scale. */
const [CHEST, HIP] = [0.28, 1];

/** Round enough to look alike from every side. */
const LEGS: readonly PhotoFeature[] = [
  'thighOutline',
  'upperThighOutline',
  'lowerThighOutline',
  'calfOutline',
  'shinOutline',
];
/** The photo check refuses bodies turned further; a larger measured turn is an error of the model. */
const MOST_TURN = 0.35;
const TURN_SQUARED = NUMBERS.indexOf('turnSquared');

/**
 * The breadths as if the camera were far away and the body faced it: each divided by how much nearer
 * its level is and, above the legs, by the cosine of the turn (decision 65).
 */
export function withoutPerspective(
  features: PhotoFeatures,
  perspective: Vector,
  model: PerspectiveModel,
): PhotoFeatures {
  const terms = perspectiveTerms(perspective, model);
  const [chest, hip] = [dot(model.chest, terms), dot(model.hip, terms)];
  const turn = Math.sqrt(perspective[TURN_SQUARED] ?? 0);
  const facing = Math.cos(Math.min(turn, MOST_TURN));
  const corrected = { ...features };
  for (const [name, level] of Object.entries(LEVELS) as [PhotoFeature, number][]) {
    const value = features[name];
    const scale = chest + ((hip - chest) * (level - CHEST)) / (HIP - CHEST);
    const shown = Math.exp(scale) * (LEGS.includes(name) ? 1 : facing);
    if (value !== null) corrected[name] = value / shown;
  }
  return corrected;
}

/** Their products say more about the camera than the numbers alone. */
const MULTIPLIED = (['shoulders', 'hips', 'knees', 'toes', 'ears', 'trunkLean'] as const).map(
  (name) => NUMBERS.indexOf(name),
);

/** 1, the standardised numbers, and products of some of them. */
export function perspectiveTerms(
  perspective: Vector,
  { mean, sd }: Pick<PerspectiveModel, 'mean' | 'sd'>,
): Vector {
  const usual = perspective.map((value, i) =>
    Math.min(Math.max((value - (mean[i] ?? 0)) / (sd[i] ?? 1), -3), 3),
  );
  const factors = MULTIPLIED.map((i) => usual[i] ?? 0);
  return [1, ...usual, ...factors.flatMap((a, i) => factors.slice(i).map((b) => a * b))];
}
