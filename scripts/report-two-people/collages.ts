/** Photos of two people, made from two photos of one person each. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp, { type OverlayOptions } from 'sharp';
import { decodeImage } from '../../src/adapters/mediapipe/decode-image.ts';
import { observeOnce } from '../../src/adapters/mediapipe/estimate-pose.ts';
import type { PoseSessions } from '../../src/adapters/mediapipe/models.ts';
import { LANDMARK, type LandmarkName, type Pose } from '../../src/pose.ts';
import { MANY, recordsIn } from '../data-sets.ts';
import type { Uniform } from '../fit-sizing/photo-variants.ts';

/** Where the second person stands: from and to. */
interface Placing {
  /** Of the first one's shoulder breadths, from middle to middle. */
  readonly apart: readonly [number, number];
  /** Of the first one's size. */
  readonly size: readonly [number, number];
  readonly isFirstInFront: boolean;
}

export const ARRANGEMENTS = {
  'side by side': { apart: [0.8, 1.6], size: [0.85, 1.05], isFirstInFront: false },
  'half hidden by the first': { apart: [0.3, 0.8], size: [0.85, 1.05], isFirstInFront: true },
  'half hiding the first': { apart: [0.5, 0.9], size: [0.85, 1.05], isFirstInFront: false },
  'smaller, in the background': { apart: [0.7, 1.6], size: [0.35, 0.65], isFirstInFront: true },
} as const satisfies Record<string, Placing>;

export type Arrangement = keyof typeof ARRANGEMENTS;

/** A person on a photo: the figure cut out, and pixels of the photo. */
interface Figure {
  readonly widthPx: number;
  readonly heightPx: number;
  /** RGBA. */
  readonly cutOut: Buffer;
  readonly photo: Buffer;
  readonly xPx: number;
  readonly feetPx: number;
  /** Eyes to soles. */
  readonly lengthPx: number;
  readonly shouldersPx: number;
}

/** The breadth of the shoulders against the distance of their joints, roughly. */
const SHOULDERS_OVER_JOINTS = 1.35;

/** The person of a photo; null where the engine sees none that stands upright and whole. */
export async function figureIn(path: string, models: PoseSessions): Promise<Figure | null> {
  const file = await readFile(path);
  const { pose, widthPx, heightPx } = await observeOnce(models, await decodeImage(file), 960);
  if (pose === null) return null;
  const [eyes, feet] = [middle(pose, 'leftEye', 'rightEye'), middle(pose, 'leftToe', 'rightToe')];
  const [left, right] = [
    pose.landmarks[LANDMARK.leftShoulder],
    pose.landmarks[LANDMARK.rightShoulder],
  ];
  const lengthPx = (feet.y - eyes.y) * heightPx;
  const shouldersPx = SHOULDERS_OVER_JOINTS * Math.abs((left?.x ?? 0) - (right?.x ?? 0)) * widthPx;
  if (lengthPx < 100 || shouldersPx < 20) return null;
  const photo = await sharp(file).rotate().removeAlpha().raw().toBuffer();
  const cutOut = await withMask(photo, pose, widthPx, heightPx);
  const xPx = middle(pose, 'leftShoulder', 'rightShoulder').x * widthPx;
  const feetPx = feet.y * heightPx;
  return { widthPx, heightPx, cutOut, photo, xPx, feetPx, lengthPx, shouldersPx };
}

function middle({ landmarks }: Pose, one: LandmarkName, other: LandmarkName) {
  const [a, b] = [landmarks[LANDMARK[one]], landmarks[LANDMARK[other]]];
  return { x: ((a?.x ?? 0) + (b?.x ?? 0)) / 2, y: ((a?.y ?? 0) + (b?.y ?? 0)) / 2 };
}

async function withMask(photo: Buffer, { mask }: Pose, width: number, height: number) {
  const { columns, rows, probability } = mask;
  const alpha = await sharp(Buffer.from(probability), {
    raw: { width: columns, height: rows, channels: 1 },
  })
    .resize(width, height, { fit: 'fill' })
    .linear(2, -128)
    .toColourspace('b-w')
    .raw()
    .toBuffer();
  return sharp(photo, { raw: { width, height, channels: 3 } })
    .joinChannel(alpha, { raw: { width, height, channels: 1 } })
    .raw()
    .toBuffer();
}

/** A JPEG with both people, the second one placed by chance. */
export async function collage(
  first: Figure,
  second: Figure,
  arrangement: Arrangement,
  random: Uniform,
): Promise<Buffer> {
  const { apart, size, isFirstInFront }: Placing = ARRANGEMENTS[arrangement];
  const share = random(...size);
  const scale = (share * first.lengthPx) / second.lengthPx;
  const side = random(0, 1) < 0.5 ? -1 : 1;
  const marginPx = Math.round(1.2 * first.shouldersPx);
  const x = marginPx + first.xPx + side * random(...apart) * first.shouldersPx - second.xPx * scale;
  // Who is smaller stands farther away: higher up in the picture.
  const y = first.feetPx - 0.2 * (1 - share) * first.lengthPx - second.feetPx * scale;
  const canvas = { width: first.widthPx + 2 * marginPx, height: first.heightPx };
  const raw = ({ widthPx: width, heightPx: height }: Figure, channels: 3 | 4) => ({
    raw: { width, height, channels },
  });
  const figure = await sharp(second.cutOut, raw(second, 4))
    .resize(Math.round(second.widthPx * scale), Math.round(second.heightPx * scale), {
      fit: 'fill',
    })
    .png()
    .toBuffer();
  const background = await sharp(first.photo, raw(first, 3))
    .extend({ left: marginPx, right: marginPx, extendWith: 'copy' })
    .png()
    .toBuffer();
  const layers = [await layerAt(Math.round(x), Math.round(y), figure, canvas)];
  if (isFirstInFront) {
    layers.push({ input: first.cutOut, ...raw(first, 4), left: marginPx, top: 0 });
  }
  return sharp(background).composite(layers).jpeg({ quality: 90 }).toBuffer();
}

/** The figure with its corner at `x`, `y` of the canvas, cut to what lies inside. */
async function layerAt(
  x: number,
  y: number,
  figure: Buffer,
  canvas: { readonly width: number; readonly height: number },
): Promise<OverlayOptions> {
  const { width, height } = await sharp(figure).metadata();
  const [left, top] = [Math.max(0, x), Math.max(0, y)];
  const visible = await sharp(figure)
    .extract({
      left: left - x,
      top: top - y,
      width: Math.min(width - (left - x), canvas.width - left),
      height: Math.min(height - (top - y), canvas.height - top),
    })
    .png()
    .toBuffer();
  return { input: visible, left, top };
}

/** The photos of people-many that show one person as they should. */
export async function usablePhotos(data: string): Promise<{ path: string; person: string }[]> {
  const records = recordsIn(await readFile(join(data, MANY, 'people.jsonl')));
  return records
    .filter(({ role }) => role === 'positive')
    .map(({ file, person = '' }) => ({ path: join(data, MANY, 'images', file), person }));
}
