/** Spoils usable photos in known ways, to see whether the photo check notices, and for the right reason. */
import { readFile } from 'node:fs/promises';
import sharp, { type Sharp } from 'sharp';
import { estimatePose } from '../../src/adapters/mediapipe/estimate-pose.ts';
import type { PoseSessions } from '../../src/adapters/mediapipe/models.ts';
import { LANDMARK, type LandmarkName, type PhotoObservation } from '../../src/pose.ts';
import { checkPhoto, type PhotoReason } from '../../src/sizing/photo-check.ts';

interface Edit {
  readonly what: string;
  /** The reasons that are right; none for edits that leave the photo usable. */
  readonly reasons: readonly PhotoReason[];
  readonly make: (image: Sharp, photo: PhotoObservation) => Sharp;
}

export interface EditResult {
  readonly what: string;
  readonly expected: string;
  readonly photos: number;
  readonly right: number;
}

const GREY = { background: '#999' };

const EDITS: readonly Edit[] = [
  cropBelow('rightAnkle', 'cut off at the ankles'),
  cropBelow('rightKnee', 'cut off at the knees'),
  cropBelow('rightHip', 'cut off at the hips'),
  cropAbove('rightEye', 'cut off at the eyes'),
  cropAbove('nose', 'cut off at the nose'),
  { what: 'turned by 90°', reasons: ['not_upright'], make: (image) => image.rotate(90) },
  { what: 'upside down', reasons: ['not_upright'], make: (image) => image.rotate(180) },
  { what: 'tilted by 30°', reasons: ['not_upright'], make: (image) => image.rotate(30, GREY) },
  {
    what: 'reduced to 130 px',
    reasons: ['too_small', 'no_person'],
    make: (image) => image.resize({ height: 130 }),
  },
  { what: '10 % of the light', reasons: ['too_dark'], make: (image) => image.linear(0.1, 0) },
  { what: 'mirrored', reasons: [], make: (image) => image.flop() },
  { what: 'tilted by 5°', reasons: [], make: (image) => image.rotate(5, GREY) },
  { what: '40 % of the light', reasons: [], make: (image) => image.linear(0.4, 0) },
  { what: 'half the size', reasons: [], make: (image) => image.resize({ height: 360 }) },
];

/** Each edit on each photo (its file and what was seen in it). */
export async function judgeEdits(
  models: PoseSessions,
  photos: readonly { readonly path: string; readonly photo: PhotoObservation }[],
): Promise<EditResult[]> {
  const results: EditResult[] = [];
  for (const { what, reasons, make } of EDITS) {
    let right = 0;
    for (const { path, photo } of photos) {
      const upright = await sharp(await readFile(path))
        .rotate()
        .toBuffer();
      const edited = await make(sharp(upright), photo).png().toBuffer();
      const found = checkPhoto(await estimatePose(models, edited)).map(({ reason }) => reason);
      const isRight =
        reasons.length === 0
          ? found.length === 0
          : found.some((reason) => reasons.includes(reason));
      if (isRight) right += 1;
    }
    const expected = reasons.length === 0 ? 'accepted' : reasons.join(' or ');
    results.push({ what, expected, photos: photos.length, right });
  }
  return results;
}

function cropBelow(name: LandmarkName, what: string): Edit {
  const make = (image: Sharp, photo: PhotoObservation) =>
    image.extract({ left: 0, top: 0, width: photo.widthPx, height: rowOf(photo, name) });
  return { what, reasons: ['feet_not_visible'], make };
}

function cropAbove(name: LandmarkName, what: string): Edit {
  const make = (image: Sharp, photo: PhotoObservation) => {
    const top = rowOf(photo, name);
    return image.extract({ left: 0, top, width: photo.widthPx, height: photo.heightPx - top });
  };
  return { what, reasons: ['head_not_visible'], make };
}

function rowOf(photo: PhotoObservation, name: LandmarkName): number {
  return Math.round((photo.pose?.landmarks[LANDMARK[name]]?.y ?? 0) * photo.heightPx);
}
