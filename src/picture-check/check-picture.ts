/**
 * Is the finished picture the person of the photo, dressed? Every limit is argued from the measured
 * pictures of docs/picture-check.md.
 */
import type { PictureView, Verdict } from '../ports/picture-views.ts';
import { LEAST_SCORE } from './check-person.ts';
import { CERTAIN_PERSON, measurePicture, type PictureMeasures } from './measure-picture.ts';

/** How much each side may differ from the size asked for: vendors round to blocks of 16 px. */
const SIZE_TOLERANCE = 0.02;
/** Larger than where the photo fills the picture, smaller than where all of it fits in. */
const [MOST_ZOOM, LEAST_SHRINK] = [1.25, 0.75];
/** Share of the joints beyond the edge: one of seventeen may be. */
const MOST_CUT = 0.1;
/** Torso lengths. */
const MOST_POSE_CHANGE = 0.15;
/** Of 0..1. */
const LEAST_GARMENT_CHANGE = 0.04;
const MOST_SCENE_CHANGE = 0.04;
const MOST_SPOT_CHANGE = 0.1;
/** The mirror image fits better: by this share, and by this much. */
const [MIRRORED_SHARE, MIRRORED_BY] = [0.7, 0.008];
const LEAST_FACE_LIKENESS = 0.2;
/** Another face in another pose is another person; each alone may be the image model's (decision 75). */
const SOMEONE_ELSE = { face: 0.4, pose: 0.06 };

type Rule = (measures: PictureMeasures) => boolean;

const RULES = {
  /** A photo whose own person is uncertain excuses a picture in which someone may be, not an empty one. */
  no_person: (m) =>
    m.people === 0 &&
    m.peopleInPhoto > 0 &&
    (m.scoreInPhoto >= CERTAIN_PERSON || m.score < LEAST_SCORE),
  several_people: (m) => m.people > Math.max(m.peopleInPhoto, 1),
  unchanged: (m) => m.garments !== null && m.garments < LEAST_GARMENT_CHANGE,
  mirrored: ({ kept, keptMirrored }) =>
    kept !== null &&
    keptMirrored !== null &&
    keptMirrored < MIRRORED_SHARE * kept &&
    keptMirrored < kept - MIRRORED_BY,
  framing: (m) =>
    (m.zoom !== null && m.zoom > MOST_ZOOM) ||
    (m.shrink !== null && m.shrink < LEAST_SHRINK) ||
    (m.cut !== null && m.cut > MOST_CUT),
  everything_changed: (m) => m.scene !== null && m.scene > MOST_SCENE_CHANGE,
  something_added: (m) => m.spot !== null && m.spot > MOST_SPOT_CHANGE,
  someone_else: ({ face, pose }) =>
    face !== null && face < SOMEONE_ELSE.face && pose !== null && pose > SOMEONE_ELSE.pose,
  pose: (m) => m.pose !== null && m.pose > MOST_POSE_CHANGE,
  face: (m) => m.face !== null && m.face < LEAST_FACE_LIKENESS,
} as const satisfies Readonly<Record<string, Rule>>;

type PictureReason = 'wrong_size' | keyof typeof RULES;

/** All reasons, in the order in which they are given. */
export const PICTURE_REASONS = ['wrong_size', ...Object.keys(RULES)] as readonly PictureReason[];

/** Limits that have not proved themselves: such findings are counted and never refuse a picture. */
const ONLY_OBSERVED: readonly PictureReason[] = ['pose', 'face'];

/**
 * Judges the picture against the photo of its person. `size`: WIDTHxHEIGHT as it was asked for; null
 * when the picture is to have the photo's shape.
 */
export function checkPicture(
  photo: PictureView,
  picture: PictureView,
  size: string | null,
): Verdict {
  const measures = measurePicture(photo, picture);
  const names = Object.keys(RULES) as (keyof typeof RULES)[];
  const broken = names.filter((name) => RULES[name](measures));
  const findings = isOfSize(photo, picture, size) ? broken : ['wrong_size' as const, ...broken];
  const refusal = findings.find((finding) => !ONLY_OBSERVED.includes(finding)) ?? null;
  return { findings, refusal, measures: { ...measures } };
}

function isOfSize(photo: PictureView, picture: PictureView, size: string | null): boolean {
  const [width = 0, height = 0] = size?.split('x').map(Number) ?? [];
  const isNear = (is: number, asked: number) => Math.abs(is / asked - 1) <= SIZE_TOLERANCE;
  if (size !== null) return isNear(picture.widthPx, width) && isNear(picture.heightPx, height);
  return isNear(picture.widthPx / picture.heightPx, photo.widthPx / photo.heightPx);
}
