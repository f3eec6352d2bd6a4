/**
 * Is this a photo that a person can be measured in? One person, front view, upright, from head to
 * feet. Every limit is argued from measured photos in the decision on the photo check.
 */
import {
  bodyPoints,
  distancePx,
  middleOf,
  type PixelPoint,
  SIDES,
  type Side,
  trunkPoint,
} from './body-points.ts';
import { dot } from './matrix.ts';
import { EYE_HEIGHT, verticalExtent } from './measure-photo.ts';
import { type DetectedPerson, LANDMARK, type ObservedPhoto } from './observed-photo.ts';
import { probabilityAt, silhouetteOf } from './silhouette.ts';

/** What the person in front of the camera should do, for every reason to refuse a photo. */
export const PHOTO_ADVICE = {
  no_person: 'We see nobody in this photo. Take one that shows you from head to feet.',
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
/** Shoulders (left minus right) against the trunk: 0.6-0.77 in front, 0.33 at 60 degrees, negative from behind. */
const FACING_SHOULDERS = 0.45;
/** Turn of the shoulders in the world landmarks: up to 14 in front, 46 for a body turned by 35. */
const FACING_DEGREES = 32;
/** An outline this near to the border (share of the height) touches it. */
const BORDER = 0.004;
/** The soles are 0.035 of the eyes' height below the toes' landmarks; nearer to the border than this they are cut off. */
const TOES_ABOVE_BORDER = 0.008;
/** How far the crown lies from where the eyes tell, as a share of the eyes' height (sd). */
const CROWN_BY_EYES_ERROR = 0.02;
const FOOT_VISIBILITY = 0.5;
/** Mean of the mask at heels and toes: 0.8 and more in usable photos, under 0.5 where feet are covered. */
const FOOT_IN_OUTLINE = 0.5;
/** Crown to soles in pixels: below, outlines err by more than a centimetre. */
const SMALLEST_PERSON_PX = 150;
/** Mean brightness of photo and person: below, poses are lost and outlines drift. */
const DARK_PHOTO = 0.1;
const DARK_PERSON = 0.12;

/** Why the photo cannot be measured, most important first; empty when it can. */
export function checkPhoto(photo: ObservedPhoto): PhotoFinding[] {
  return reasonsAgainst(photo).map((reason) => ({ reason, advice: PHOTO_ADVICE[reason] }));
}

function reasonsAgainst(photo: ObservedPhoto): PhotoReason[] {
  if (photo.pose === null) return [isDark(photo, DARK_PHOTO) ? 'too_dark' : 'no_person'];
  const company: PhotoReason[] = hasCompany(photo) ? ['several_people'] : [];
  // A body that lies or leans has its head and feet in unexpected places: no more to say about it.
  if (leans(photo)) return [...company, 'not_upright'];
  return [...company, ...reasonsOfUpright(photo), ...(isTooDark(photo) ? DARK : [])];
}

const DARK: readonly PhotoReason[] = ['too_dark'];

function reasonsOfUpright(photo: ObservedPhoto): PhotoReason[] {
  const { crownPx, solesPx } = verticalExtent(bodyPoints(photo), silhouetteOf(photo));
  const reasons: PhotoReason[] = [];
  const feet = feetVisible(photo, solesPx);
  const head = headVisible(photo, { crownPx, solesPx });
  // Without a head the pose model puts the feet anywhere.
  if (!feet || (head && outlineAtFeet(photo) < FOOT_IN_OUTLINE)) reasons.push('feet_not_visible');
  if (!head) reasons.push('head_not_visible');
  // Without a head the pose model takes the front for the back.
  if (head && !facesCamera(photo)) reasons.push('not_facing_camera');
  if (feet && (legsToTrunk(photo) < STANDING_LEGS || SIDES.some((side) => legIsBent(photo, side))))
    reasons.push('not_upright');
  if (solesPx - crownPx < SMALLEST_PERSON_PX) reasons.push('too_small');
  return reasons;
}

function feetVisible(photo: ObservedPhoto, solesPx: number): boolean {
  const feet = ['leftAnkle', 'rightAnkle', 'leftToe', 'rightToe'] as const;
  const landmarks = feet.map((name) => photo.pose?.landmarks[LANDMARK[name]]);
  const visibility =
    landmarks.reduce((sum, foot) => sum + (foot?.visibility ?? 0), 0) / feet.length;
  const points = bodyPoints(photo);
  const lowest = Math.max(...feet.map((name) => points(name).y));
  const touches = solesPx >= (1 - BORDER) * photo.heightPx;
  const room = touches
    ? TOES_ABOVE_BORDER * (lowest - middleOf(points, 'leftEye', 'rightEye').y)
    : 0;
  return visibility >= FOOT_VISIBILITY && lowest + room < photo.heightPx;
}

/** An outline at the upper border may be cut hair: then the eyes say whether the crown is inside. */
function headVisible(
  photo: ObservedPhoto,
  { crownPx, solesPx }: { readonly crownPx: number; readonly solesPx: number },
): boolean {
  const points = bodyPoints(photo);
  const eyesPx = middleOf(points, 'leftEye', 'rightEye').y;
  const crownByEyes = solesPx - (solesPx - eyesPx) / EYE_HEIGHT;
  const inside =
    crownPx > BORDER * photo.heightPx || crownByEyes > -CROWN_BY_EYES_ERROR * (solesPx - eyesPx);
  return inside && points('nose').y > 0;
}

/** Seated, running, or with a leg pulled up. */
function legIsBent(photo: ObservedPhoto, side: Side): boolean {
  const points = bodyPoints(photo);
  const thigh = distancePx(points, `${side}Hip`, `${side}Knee`);
  const ratio = thigh / Math.max(distancePx(points, `${side}Knee`, `${side}Ankle`), 1);
  const knee = kneeDegrees(photo, side);
  return (
    ratio < SHORTEST_THIGH ||
    knee < BENT_KNEE_DEGREES ||
    (ratio < SHORT_THIGH && knee < STRAIGHT_KNEE_DEGREES)
  );
}

/** The angle in the knee by the world landmarks, 180 is straight; 180 too where there are none. */
function kneeDegrees({ pose }: ObservedPhoto, side: Side): number {
  const at = (joint: 'Hip' | 'Knee' | 'Ankle') => pose?.world?.[LANDMARK[`${side}${joint}`]];
  const [hip, knee, ankle] = [at('Hip'), at('Knee'), at('Ankle')];
  if (hip === undefined || knee === undefined || ankle === undefined) return 180;
  const axes = ['x', 'y', 'z'] as const;
  const up = axes.map((axis) => hip[axis] - knee[axis]);
  const down = axes.map((axis) => ankle[axis] - knee[axis]);
  return degrees(
    Math.acos(dot(up, down) / Math.max(Math.hypot(...up) * Math.hypot(...down), 1e-9)),
  );
}

/** How sure the mask is of a person at heels and toes, 0..1: the landmarks of covered feet are made up. */
function outlineAtFeet(photo: ObservedPhoto): number {
  const silhouette = silhouetteOf(photo);
  if (silhouette === null) return 1;
  const points = bodyPoints(photo);
  const feet = (['leftHeel', 'rightHeel', 'leftToe', 'rightToe'] as const).map(points);
  return feet.reduce((sum, { x, y }) => sum + probabilityAt(silhouette, x, y), 0) / feet.length;
}

function facesCamera(photo: ObservedPhoto): boolean {
  const points = bodyPoints(photo);
  const across = points('leftShoulder').x - points('rightShoulder').x;
  if (across / trunkLength(photo) < FACING_SHOULDERS) return false;
  const left = photo.pose?.world?.[LANDMARK.leftShoulder];
  const right = photo.pose?.world?.[LANDMARK.rightShoulder];
  if (left === undefined || right === undefined) return true;
  const turn = Math.atan2(Math.abs(left.z - right.z), left.x - right.x);
  return degrees(turn) <= FACING_DEGREES;
}

function leans(photo: ObservedPhoto): boolean {
  const points = bodyPoints(photo);
  const trunk = tilt(trunkPoint(points, 0), trunkPoint(points, 1));
  const body = tilt(
    middleOf(points, 'leftEye', 'rightEye'),
    middleOf(points, 'leftAnkle', 'rightAnkle'),
  );
  return trunk > UPRIGHT_DEGREES || body > UPRIGHT_DEGREES;
}

/** Other people that the engine found. */
function hasCompany({ people, detections, pose }: ObservedPhoto): boolean {
  if (people < 2) return false;
  return detections === undefined || severalLarge(pose, detections);
}

/** Two large people, or a large one beside the one whose pose it is. */
function severalLarge(pose: ObservedPhoto['pose'], detections: readonly DetectedPerson[]): boolean {
  const largest = Math.max(...detections.map(({ size }) => size));
  const large = detections.filter(({ size }) => size >= BYSTANDER * largest);
  const { x = 0, y = 0 } = pose?.landmarks[LANDMARK.nose] ?? {};
  const isPosing = (one: DetectedPerson) =>
    x >= one.left && x <= one.right && y >= one.top && y <= one.bottom;
  return large.length > 1 || !large.some(isPosing);
}

function isTooDark(photo: ObservedPhoto): boolean {
  const person = photo.pose?.luminance ?? photo.luminance;
  return isDark(photo, DARK_PHOTO) && person !== null && person < DARK_PERSON;
}

function isDark({ luminance }: ObservedPhoto, limit: number): boolean {
  return luminance !== null && luminance < limit;
}

function legsToTrunk(photo: ObservedPhoto): number {
  const points = bodyPoints(photo);
  const hips = middleOf(points, 'leftHip', 'rightHip');
  const ankles = middleOf(points, 'leftAnkle', 'rightAnkle');
  return Math.hypot(ankles.x - hips.x, ankles.y - hips.y) / trunkLength(photo);
}

function trunkLength(photo: ObservedPhoto): number {
  const points = bodyPoints(photo);
  const [from, to] = [trunkPoint(points, 0), trunkPoint(points, 1)];
  return Math.max(Math.hypot(from.x - to.x, from.y - to.y), 1);
}

/** Degrees between the line from an upper to a lower point and the vertical: 180 is upside down. */
function tilt(upper: PixelPoint, lower: PixelPoint): number {
  return degrees(Math.atan2(Math.abs(lower.x - upper.x), lower.y - upper.y));
}

function degrees(radians: number): number {
  return (radians * 180) / Math.PI;
}
