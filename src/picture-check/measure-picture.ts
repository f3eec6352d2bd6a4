/** What can be measured of a finished picture against the photo of its person. */
import { FACE_SIDE, type PictureView } from '../ports/picture-views.ts';
import { LANDMARK } from '../pose.ts';
import { flopView } from './flop.ts';
import { type Cell, changeAt, type Light, lightOf, mean, overlay, quantile } from './overlay.ts';
import { register } from './register.ts';
import {
  BODY,
  fitSimilarity,
  inPixels,
  isSeen,
  move,
  residualOf,
  type Similarity,
  scaleOf,
  seenInBoth,
} from './similarity.ts';

export interface PictureMeasures {
  /** Whole numbers. */
  readonly peopleInPhoto: number;
  readonly people: number;
  /** How sure the detector is of the person, 0..1. */
  readonly scoreInPhoto: number;
  readonly score: number;
  /** How much larger the person is than where the photo covers the whole picture. */
  readonly zoom: number | null;
  /** How much larger the person is than where the whole photo fits into the picture. */
  readonly shrink: number | null;
  /** Share of the photo's joints that lie outside the picture. */
  readonly cut: number | null;
  /** How far the joints are from where the photo has them, root mean square, in torso lengths. */
  readonly pose: number | null;
  /** Mean change of the surroundings beyond the light, 0..1. */
  readonly scene: number | null;
  /** Change of the most changed twentieth of the surroundings, 0..1. */
  readonly spot: number | null;
  /** Change of the most changed tenth of the body, 0..1. */
  readonly garments: number | null;
  /** Mean change of the surroundings and the head, and the same against the mirror image of the photo. */
  readonly kept: number | null;
  readonly keptMirrored: number | null;
  /** Correlation of the faces, -1..1; null where either cannot be seen. */
  readonly face: number | null;
}

/** Every third cell of every third row is compared. */
const STEP = 3;
/** A block of the body or its surroundings, in cells, and how many of them must be compared. */
const BLOCK = 9;
const MIN_IN_BLOCK = 5;

/** The detector is sure of a whole person; trunks without a head score less, and have made-up joints. */
export const CERTAIN_PERSON = 0.8;
/** Torso lengths. Where joints may be made up, nothing can be compared. */
const UNRELATED_POSES = 0.4;

export function measurePicture(photo: PictureView, picture: PictureView): PictureMeasures {
  const counted = {
    peopleInPhoto: peopleIn(photo),
    people: peopleIn(picture),
    scoreInPhoto: photo.detectorScore,
    score: picture.detectorScore,
  };
  const pose = poseChange(photo, picture);
  const isComparable =
    photo.person !== null &&
    picture.person !== null &&
    ((pose ?? 0) <= UNRELATED_POSES || (isCertain(photo) && isCertain(picture)));
  if (!isComparable) return { ...counted, ...NOT_COMPARED };
  const straight = compare(photo, picture);
  const mirrored = compare(flopView(photo), picture);
  const scale = scaleOf(straight.fit);
  const [across, down] = [picture.widthPx / photo.widthPx, picture.heightPx / photo.heightPx];
  return {
    ...counted,
    zoom: scale / Math.max(across, down),
    shrink: scale / Math.min(across, down),
    cut: cutShare(photo, picture, straight.fit),
    pose,
    scene: straight.scene,
    spot: straight.spot,
    garments: straight.garments,
    kept: straight.kept,
    keptMirrored: mirrored.kept,
    face: faceLikeness(photo, picture),
  };
}

/** Only those in whom the landmark model sees a person count. */
function peopleIn({ people, person }: PictureView): number {
  return person === null ? 0 : people;
}

const NOT_COMPARED = {
  zoom: null,
  shrink: null,
  cut: null,
  pose: null,
  scene: null,
  spot: null,
  garments: null,
  kept: null,
  keptMirrored: null,
  face: null,
};

interface Comparison {
  readonly fit: Similarity;
  readonly scene: number | null;
  readonly spot: number | null;
  readonly garments: number | null;
  readonly kept: number | null;
}

function compare(photo: PictureView, picture: PictureView): Comparison {
  const fit = bestFit(photo, picture);
  const cells = overlay(photo, picture, fit, STEP);
  const of = (...parts: readonly Cell['part'][]) =>
    cells.filter(({ part }) => parts.includes(part));
  const scene = of('scene');
  const light = lightOf(scene.length > 0 ? scene : cells);
  const change = (some: readonly Cell[]) =>
    some.length === 0 ? null : mean(some.map((cell) => changeAt(cell, light)));
  return {
    fit,
    scene: change(scene),
    spot: blockChange(scene, light, 0.95),
    garments: blockChange(of('body', 'head'), light, 0.9),
    kept: change(of('scene', 'head')),
  };
}

/** By the joints, or where these are few by the frames: the photo fits into the picture, or covers it. */
function bestFit(photo: PictureView, picture: PictureView): Similarity {
  const byJoints = fitSimilarity(seenInBoth(photo, picture));
  if (byJoints !== null) return register(photo, picture, byJoints);
  const [across, down] = [picture.widthPx / photo.widthPx, picture.heightPx / photo.heightPx];
  const fitWithin = register(photo, picture, centred(photo, picture, Math.min(across, down)));
  const fitCovering = register(photo, picture, centred(photo, picture, Math.max(across, down)));
  const changeUnder = (fit: Similarity) => {
    const cells = overlay(photo, picture, fit, 2 * STEP);
    const light = lightOf(cells);
    return mean(cells.map((cell) => changeAt(cell, light)));
  };
  return changeUnder(fitCovering) < changeUnder(fitWithin) ? fitCovering : fitWithin;
}

/** The photo in the middle of the picture, `scale` times as large. */
function centred(photo: PictureView, picture: PictureView, scale: number): Similarity {
  return {
    a: scale,
    b: 0,
    x: (picture.widthPx - scale * photo.widthPx) / 2,
    y: (picture.heightPx - scale * photo.heightPx) / 2,
  };
}

/** The change of blocks of cells that this share of the blocks stays below. */
function blockChange(cells: readonly Cell[], light: Light, share: number): number | null {
  const blocks = Object.groupBy(
    cells,
    ({ row, column }) => `${Math.floor(row / BLOCK)} ${Math.floor(column / BLOCK)}`,
  );
  const changes = Object.values(blocks)
    .filter((block = []) => block.length >= MIN_IN_BLOCK)
    .map((block = []) => mean(block.map((cell) => changeAt(cell, light))));
  return changes.length === 0 ? null : quantile(changes, share);
}

function cutShare(photo: PictureView, picture: PictureView, fit: Similarity): number | null {
  const seen = BODY.flatMap((index) => {
    const joint = photo.person?.landmarks[index];
    return joint !== undefined && isSeen(joint) ? [move(fit, inPixels(joint, photo))] : [];
  });
  const outside = seen.filter(
    ({ x, y }) => x < 0 || y < 0 || x > picture.widthPx || y > picture.heightPx,
  );
  return seen.length === 0 ? null : outside.length / seen.length;
}

const TORSO = [LANDMARK.leftShoulder, LANDMARK.rightShoulder, LANDMARK.leftHip, LANDMARK.rightHip];

function poseChange(photo: PictureView, picture: PictureView): number | null {
  const pairs = seenInBoth(photo, picture);
  const fit = fitSimilarity(pairs);
  const torso = torsoLength(picture);
  return fit === null || torso === 0 ? null : residualOf(fit, pairs) / torso;
}

function torsoLength(view: PictureView): number {
  const [left, right, leftHip, rightHip] = TORSO.flatMap((index) => {
    const landmark = view.person?.landmarks[index];
    return landmark === undefined ? [] : [inPixels(landmark, view)];
  });
  if (!left || !right || !leftHip || !rightHip) return 0;
  const across = left.x + right.x - leftHip.x - rightHip.x;
  const down = left.y + right.y - leftHip.y - rightHip.y;
  return Math.hypot(across, down) / 2;
}

/** Nose, eyes, mouth. */
const FACE = [0, 2, 5, 9, 10];

function faceLikeness(photo: PictureView, picture: PictureView): number | null {
  const [before, after] = [photo.person, picture.person];
  if (!before || !after || !showsFace(photo) || !showsFace(picture)) return null;
  return correlation(before.face, after.face);
}

function showsFace({ person }: PictureView): boolean {
  return FACE.every((index) => {
    const landmark = person?.landmarks[index];
    return landmark !== undefined && isSeen(landmark);
  });
}

/** Are the joints those of a person, rather than made up? */
function isCertain(view: PictureView): boolean {
  return view.detectorScore >= CERTAIN_PERSON && showsFace(view);
}

function correlation(one: Uint8Array, other: Uint8Array): number {
  const [a, b] = [mean([...one]), mean([...other])];
  let [shared, first, second] = [0, 0, 1e-9];
  for (let at = 0; at < FACE_SIDE * FACE_SIDE; at += 1) {
    const [x, y] = [(one[at] ?? 0) - a, (other[at] ?? 0) - b];
    shared += x * y;
    first += x * x;
    second += y * y;
  }
  return shared / Math.sqrt(first * second + 1e-9);
}
