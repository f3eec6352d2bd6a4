/**
 * What the detector sees in its second pass. The detector takes people who overlap for one, so it runs
 * again on the picture with the first person painted out: then anyone behind or next to them scores best.
 */

import { freeBuffer } from '../../images/free-buffer.ts';
import type { PersonMask } from '../../pose.ts';
import type { RgbImage } from './decode-image.ts';
import { type DetectedPerson, type DetectorView, LARGEST_STRIDE } from './detector.ts';
import { regionOf, wholePicture } from './region.ts';
import { warpSquare } from './warp.ts';

/** Pixels of an upright picture's longer side (decision 62). */
const UPRIGHT_SIZE = 160;
/** A broad picture gets up to so many times that, so that people in it are as tall as in an upright one. */
const MOST_BROADER = 1.4;
/** Of the picture's longer side. */
const MAX_SECOND_SIZE = 1.5;

/** Cells of the mask from this value on (of 255) are masked; a remaining outline is detected as a person. */
const MAYBE_PERSON = 60;
/** Pixels by which the mask is dilated: hair, shadows, the mask's own error. */
const DILATION_PX = 2;

/** Rows of RGB pixels, and which part of the picture's square they are. */
export interface DetectorInput {
  readonly pixels: Uint8Array;
  readonly view: DetectorView;
}

/**
 * The picture without the person of `mask` and without most of the bars next to it: each row is
 * interpolated between the pixels left and right of the person. A plain colour would leave a silhouette,
 * which the detector takes for a person.
 */
export function paintOutPerson(image: RgbImage, mask: PersonMask): DetectorInput {
  const side = secondPassSide(image);
  const painted = warpSquare(image, wholePicture(image), { size: side, border: 'black' });
  const covered = dilate(personInSquare(image, mask, side), side);
  for (let start = 0; start < side * side; start += side) {
    const line = painted.subarray(3 * start, 3 * (start + side));
    fillMasked(line, covered.subarray(start, start + side));
  }
  const view = viewOf(image, side);
  const pixels = cut(painted, view);
  freeBuffer(painted);
  return { pixels, view };
}

/**
 * Whether someone is small enough to stand in the picture. Anyone larger is what painting over left of
 * it, and the landmark model would find the first person in so large a square.
 */
export function fitsPicture(person: DetectedPerson, image: Pick<RgbImage, 'width' | 'height'>) {
  return regionOf(person, image).size <= MAX_SECOND_SIZE * Math.max(image.width, image.height);
}

/** The side of the picture's square, in pixels: 160 to 224. */
export function secondPassSide({ width, height }: Pick<RgbImage, 'width' | 'height'>): number {
  return upToStride(UPRIGHT_SIZE * Math.min(Math.max(width / height, 1), MOST_BROADER));
}

/** The smallest view with all of the picture. */
function viewOf({ width, height }: Pick<RgbImage, 'width' | 'height'>, side: number): DetectorView {
  const longest = Math.max(width, height);
  const columns = upToStride((width * side) / longest);
  const rows = upToStride((height * side) / longest);
  return { side, left: (side - columns) / 2, top: (side - rows) / 2, width: columns, height: rows };
}

function upToStride(length: number): number {
  return Math.ceil(length / LARGEST_STRIDE) * LARGEST_STRIDE;
}

function cut(square: Uint8Array, { side, left, top, width, height }: DetectorView): Uint8Array {
  const pixels = new Uint8Array(3 * width * height);
  for (let row = 0; row < height; row += 1) {
    const from = 3 * ((top + row) * side + left);
    pixels.set(square.subarray(from, from + 3 * width), 3 * row * width);
  }
  return pixels;
}

/** 1 where a pixel of the square may show the person. */
function personInSquare(
  { width, height }: Pick<RgbImage, 'width' | 'height'>,
  { columns, rows, probability }: PersonMask,
  side: number,
): Uint8Array {
  const longest = Math.max(width, height);
  const position = (pixel: number, length: number) =>
    (((pixel + 0.5) / side) * longest - (longest - length) / 2) / length;
  const covered = new Uint8Array(side * side);
  for (let y = 0; y < side; y += 1) {
    const row = Math.floor(position(y, height) * rows);
    if (row < 0 || row >= rows) continue;
    for (let x = 0; x < side; x += 1) {
      const column = Math.floor(position(x, width) * columns);
      if (column < 0 || column >= columns) continue;
      const likely = (probability[row * columns + column] ?? 0) > MAYBE_PERSON;
      covered[y * side + x] = Number(likely);
    }
  }
  return covered;
}

/** Dilates the mask: along the rows, then along the columns. */
function dilate(covered: Uint8Array, side: number): Uint8Array {
  return dilateAlong(dilateAlong(covered, 1), side);
}

/** At the edge of a row it spills into the next one; there the square is background or a black bar. */
function dilateAlong(covered: Uint8Array, step: number): Uint8Array {
  const grown = new Uint8Array(covered.length);
  for (let pixel = 0; pixel < covered.length; pixel += 1) {
    if (covered[pixel] !== 1) continue;
    for (let distance = -DILATION_PX; distance <= DILATION_PX; distance += 1) {
      grown[pixel + distance * step] = 1;
    }
  }
  return grown;
}

/** Interpolates every masked run of a line of RGB pixels between its two neighbours, or copies the one there is. */
function fillMasked(line: Uint8Array, covered: Uint8Array): void {
  for (let start = covered.indexOf(1); start >= 0; ) {
    const end = covered.indexOf(0, start) < 0 ? covered.length : covered.indexOf(0, start);
    const left = start > 0 ? start - 1 : Math.min(end, covered.length - 1);
    const right = end < covered.length ? end : left;
    for (let pixel = start; pixel < end; pixel += 1) {
      const share = (pixel - start + 1) / (end - start + 1);
      for (let channel = 0; channel < 3; channel += 1) {
        const [from, to] = [line[3 * left + channel] ?? 0, line[3 * right + channel] ?? 0];
        line[3 * pixel + channel] = from + share * (to - from);
      }
    }
    start = covered.indexOf(1, end);
  }
}
