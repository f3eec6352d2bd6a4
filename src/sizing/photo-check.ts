/**
 * Is this a photo that a person can be measured in? One person, front view, upright, from head to
 * feet. Every limit is argued from measured photos in the decision on the photo check.
 */
import { type Detection, LANDMARK, type PhotoObservation } from '../pose.ts';
import {
  type BodyPoints,
  degrees,
  distancePx,
  middleOf,
  SIDES,
  type Side,
  slantDegrees,
  trunkPoint,
} from './body-points.ts';
import { type Figure, figuresIn } from './figure.ts';
import { dot, mean } from './matrix.ts';
import { EYE_HEIGHT } from './measure-photo.ts';
import { probabilityAt } from './silhouette.ts';

/** What the person in front of the camera should do, for every reason to refuse a photo. */
export const PHOTO_ADVICE = {
  no_person: 'We cannot find a person in this photo. Take one that shows you from head to feet.',
  several_people: 'There is more than one person in this photo. Take one of yourself alone.',
  feet_not_visible: 'Step back and leave a little room below your feet, which must be uncovered.',
  head_not_visible: 'Step back and leave a little room above your head.',
  not_facing_camera: 'Turn to face the camera, with both shoulders at the same distance from it.',
  not_upright: 'Stand upright with straight legs, and hold the camera upright, at hip height.',
  too_small: 'You are too small in this photo. Move closer or use a photo of higher resolution.',
  too_dark: 'The photo is too dark. Take it in better light.',
} as const;

export type PhotoReason = keyof typeof PHOTO_ADVICE;

export interface PhotoFinding {
  readonly reason: PhotoReason;
  /** A sentence for the person in the photo. */
  readonly advice: string;
}

/** Another person counts from this share of the largest one's size on; smaller ones are passers-by. */
const BYSTANDER = 0.5;
/** Degrees between the trunk (or eyes to ankles) and the vertical: at most 4.3 in usable photos. */
const UPRIGHT_DEGREES = 18;
/** Hips to ankles against shoulders to hips: 1.3-1.7 standing, under 1 seated. */
const STANDING_LEGS = 1.05;
/**
 * A thigh against its shin: under 0.85 seated, but also seen from below (0.71 and more), with a
 * knee that the world landmarks show straight (148 degrees and more).
 */
const SHORT_THIGH = 0.85;
const SHORTEST_THIGH = 0.65;
const STRAIGHT_KNEE_DEGREES = 148;
const BENT_KNEE_DEGREES = 100;
/** From ankle to ankle against a leg: up to 0.66 in usable photos, more in a lunge or astride a chair. */
const LEGS_APART = 0.7;
/** Shoulders (left minus right) against the trunk: 0.6-0.77 in front, 0.33 at 60 degrees, negative from behind. */
const FACING_SHOULDERS = 0.45;
/** Turn of the shoulders in the world landmarks: up to 14 in front, 46 for a body turned by 35. */
const FACING_DEGREES = 32;
/** An outline this near to the border (share of the height) touches it. */
const BORDER = 0.004;
/** The soles are 0.035 of the eyes' height below the toes' landmarks; nearer to the border than this they are cut off. */
const TOES_ABOVE_BORDER = 0.008;
/** How far the crown lies from where the eyes put it, as a share of the eyes' height (sd). */
const CROWN_BY_EYES_ERROR = 0.02;
const FOOT_VISIBILITY = 0.5;
/** Mean of the mask at heels and toes: 0.8 and more in usable photos, under 0.5 where feet are covered. */
const FOOT_IN_OUTLINE = 0.5;
/** Crown to soles in pixels: below, outlines err by more than a centimetre. */
const SMALLEST_PERSON_PX = 150;
/** Mean brightness of photo and person: below, poses are lost and outlines drift. */
const DARK_PHOTO = 0.1;
const DARK_PERSON = 0.12;

/**
 * Why the photo cannot be measured, most important first; empty when it can. `figure` is the person
 * in it, null where no person was found; made from the photo when it is not given.
 */
export function checkPhoto(
  photo: PhotoObservation,
  figure: Figure | null = figuresIn(photo)?.asTaken ?? null,
): PhotoFinding[] {
  return reasonsAgainst(photo, figure).map((reason) => ({ reason, advice: PHOTO_ADVICE[reason] }));
}

function reasonsAgainst(photo: PhotoObservation, figure: Figure | null): PhotoReason[] {
  const isDark = photo.luminance < DARK_PHOTO;
  if (figure === null) return [isDark ? 'too_dark' : 'no_person'];
  const reasons: PhotoReason[] = showsSeveralPeople(photo, figure) ? ['several_people'] : [];
  // A body that lies or leans has its head and feet in unexpected places: no more to say about it.
  if (leans(figure)) return [...reasons, 'not_upright'];
  reasons.push(...reasonsIfUpright(figure));
  if (isDark && figure.pose.luminance < DARK_PERSON) reasons.push('too_dark');
  return reasons;
}

function reasonsIfUpright(figure: Figure): PhotoReason[] {
  const reasons: PhotoReason[] = [];
  const feet = feetVisible(figure);
  const head = headVisible(figure);
  // Without a head the pose model puts the feet anywhere.
  if (!feet || (head && outlineAtFeet(figure) < FOOT_IN_OUTLINE)) reasons.push('feet_not_visible');
  if (!head) reasons.push('head_not_visible');
  // Without a head the pose model takes the front for the back.
  if (head && !facesCamera(figure)) reasons.push('not_facing_camera');
  if (feet && !standsOnLegs(figure)) reasons.push('not_upright');
  if (figure.solesPx - figure.crownPx < SMALLEST_PERSON_PX) reasons.push('too_small');
  return reasons;
}

function feetVisible({ pose, points, silhouette, eyesPx, solesPx }: Figure): boolean {
  const { heightPx } = silhouette;
  const feet = ['leftAnkle', 'rightAnkle', 'leftToe', 'rightToe'] as const;
  const visibility = mean(feet.map((name) => pose.landmarks[LANDMARK[name]]?.visibility ?? 0));
  const lowest = Math.max(...feet.map((name) => points(name).y));
  const touches = solesPx >= (1 - BORDER) * heightPx;
  const room = touches ? TOES_ABOVE_BORDER * (lowest - eyesPx) : 0;
  return visibility >= FOOT_VISIBILITY && lowest + room < heightPx;
}

/** An outline at the upper border may be cut hair: then the eyes say whether the crown is inside. */
function headVisible({ points, silhouette, eyesPx, crownPx, solesPx }: Figure): boolean {
  const crownByEyes = solesPx - (solesPx - eyesPx) / EYE_HEIGHT;
  const inside =
    crownPx > BORDER * silhouette.heightPx ||
    crownByEyes > -CROWN_BY_EYES_ERROR * (solesPx - eyesPx);
  return inside && points('nose').y > 0;
}

function standsOnLegs(figure: Figure): boolean {
  if (legsToTrunk(figure) < STANDING_LEGS || legsApart(figure) > LEGS_APART) return false;
  return !SIDES.some((side) => legIsBent(figure, side));
}

/** Between the ankles, against the mean length of the legs. */
function legsApart({ points }: Figure): number {
  const legs = SIDES.map(
    (side) =>
      distancePx(points, `${side}Hip`, `${side}Knee`) +
      distancePx(points, `${side}Knee`, `${side}Ankle`),
  );
  return distancePx(points, 'leftAnkle', 'rightAnkle') / Math.max(mean(legs), 1);
}

/** Seated, running, or with a leg pulled up. */
function legIsBent(figure: Figure, side: Side): boolean {
  const { points } = figure;
  const thigh = distancePx(points, `${side}Hip`, `${side}Knee`);
  const ratio = thigh / Math.max(distancePx(points, `${side}Knee`, `${side}Ankle`), 1);
  const knee = kneeDegrees(figure, side);
  return (
    ratio < SHORTEST_THIGH ||
    knee < BENT_KNEE_DEGREES ||
    (ratio < SHORT_THIGH && knee < STRAIGHT_KNEE_DEGREES)
  );
}

/** The angle in the knee by the world landmarks; 180 is straight. */
function kneeDegrees({ pose }: Figure, side: Side): number {
  const at = (joint: 'Hip' | 'Knee' | 'Ankle') => {
    const { x = 0, y = 0, z = 0 } = pose.world[LANDMARK[`${side}${joint}`]] ?? {};
    return [x, y, z];
  };
  const knee = at('Knee');
  const fromKnee = (joint: 'Hip' | 'Ankle') => at(joint).map((value, i) => value - (knee[i] ?? 0));
  const [up, down] = [fromKnee('Hip'), fromKnee('Ankle')];
  return degrees(
    Math.acos(dot(up, down) / Math.max(Math.hypot(...up) * Math.hypot(...down), 1e-9)),
  );
}

/** How sure the mask is of a person at heels and toes, 0..1: the landmarks of covered feet are made up. */
function outlineAtFeet({ points, silhouette }: Figure): number {
  const feet = (['leftHeel', 'rightHeel', 'leftToe', 'rightToe'] as const).map(points);
  return mean(feet.map(({ x, y }) => probabilityAt(silhouette, x, y)));
}

function facesCamera({ pose, points }: Figure): boolean {
  const across = points('leftShoulder').x - points('rightShoulder').x;
  if (across / trunkLength(points) < FACING_SHOULDERS) return false;
  const left = pose.world[LANDMARK.leftShoulder];
  const right = pose.world[LANDMARK.rightShoulder];
  if (left === undefined || right === undefined) return false;
  const turn = Math.atan2(Math.abs(left.z - right.z), left.x - right.x);
  return degrees(turn) <= FACING_DEGREES;
}

function leans({ points }: Figure): boolean {
  const trunk = slantDegrees(trunkPoint(points, 0), trunkPoint(points, 1));
  const body = slantDegrees(
    middleOf(points, 'leftEye', 'rightEye'),
    middleOf(points, 'leftAnkle', 'rightAnkle'),
  );
  return trunk > UPRIGHT_DEGREES || body > UPRIGHT_DEGREES;
}

/** Two large people, or a large one next to the one whose pose it is. */
function showsSeveralPeople({ detections }: PhotoObservation, { pose }: Figure): boolean {
  if (detections.length < 2) return false;
  const largest = Math.max(...detections.map(({ size }) => size));
  const large = detections.filter(({ size }) => size >= BYSTANDER * largest);
  const { x = 0, y = 0 } = pose.landmarks[LANDMARK.nose] ?? {};
  const isPosing = (one: Detection) =>
    x >= one.left && x <= one.right && y >= one.top && y <= one.bottom;
  return large.length > 1 || !large.some(isPosing);
}

function legsToTrunk({ points }: Figure): number {
  const hips = middleOf(points, 'leftHip', 'rightHip');
  const ankles = middleOf(points, 'leftAnkle', 'rightAnkle');
  return Math.hypot(ankles.x - hips.x, ankles.y - hips.y) / trunkLength(points);
}

function trunkLength(points: BodyPoints): number {
  const [from, to] = [trunkPoint(points, 0), trunkPoint(points, 1)];
  return Math.max(Math.hypot(from.x - to.x, from.y - to.y), 1);
}
