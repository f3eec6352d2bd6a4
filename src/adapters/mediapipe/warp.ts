/**
 * Cuts a rotated square out of a picture, in the arithmetic of OpenCV's warpPerspective with
 * INTER_LINEAR, which MediaPipe uses: no half-pixel shift, source positions rounded to 1/32 pixel,
 * results rounded to bytes. The landmarks depend on it: exact bilinear moves them by up to 11 px.
 */
import type { RgbImage } from './decode-image.ts';

/** In pixels of the image; `rotation` in radians, clockwise as seen in the image. */
export interface RotatedSquare {
  readonly centerX: number;
  readonly centerY: number;
  readonly size: number;
  readonly rotation: number;
}

/** What lies outside the picture: black, or the nearest pixel of its edge. */
export type Border = 'black' | 'replicate';

/** Positions are held in 1/32 pixel, weights of the four neighbours then sum to 32 * 32. */
const BITS = 5;
const SUBPIXELS = 1 << BITS;
const FRACTION = SUBPIXELS - 1;
const HALF_OF_WEIGHTS = (SUBPIXELS * SUBPIXELS) / 2;

/** The square as `outputSize` rows of `outputSize` RGB pixels. */
export function warpSquare(
  image: RgbImage,
  square: RotatedSquare,
  outputSize: number,
  border: Border,
): Uint8Array {
  const step = (SUBPIXELS * square.size) / outputSize;
  const cos = Math.cos(square.rotation) * step;
  const sin = Math.sin(square.rotation) * step;
  const left = square.centerX * SUBPIXELS - ((cos - sin) * outputSize) / 2;
  const top = square.centerY * SUBPIXELS - ((sin + cos) * outputSize) / 2;
  const output = { data: new Uint8Array(outputSize * outputSize * 3), at: 0 };
  for (let row = 0; row < outputSize; row += 1) {
    for (let column = 0; column < outputSize; column += 1) {
      const x = Math.floor(left + cos * column - sin * row + 0.5);
      const y = Math.floor(top + sin * column + cos * row + 0.5);
      if (border === 'black') writeOrBlack(image, x, y, output);
      else writeOrNearest(image, x, y, output);
      output.at += 3;
    }
  }
  return output.data;
}

/** The picture under construction, and the byte that comes next. */
interface Output {
  readonly data: Uint8Array;
  at: number;
}

/** Bilinear between the four pixels around (x, y), given in 1/32 pixel; outside, the edge goes on. */
function writeOrNearest({ width, height, data }: RgbImage, x: number, y: number, to: Output): void {
  const near = 3 * clamp(x >> BITS, width - 1);
  const far = 3 * clamp((x >> BITS) + 1, width - 1);
  const upper = 3 * width * clamp(y >> BITS, height - 1);
  const lower = 3 * width * clamp((y >> BITS) + 1, height - 1);
  const right = x & FRACTION;
  const down = y & FRACTION;
  const upperNear = (SUBPIXELS - right) * (SUBPIXELS - down);
  const upperFar = right * (SUBPIXELS - down);
  const lowerNear = (SUBPIXELS - right) * down;
  const lowerFar = right * down;
  for (let channel = 0; channel < 3; channel += 1) {
    const sum =
      upperNear * (data[upper + near + channel] ?? 0) +
      upperFar * (data[upper + far + channel] ?? 0) +
      lowerNear * (data[lower + near + channel] ?? 0) +
      lowerFar * (data[lower + far + channel] ?? 0);
    to.data[to.at + channel] = (sum + HALF_OF_WEIGHTS) >> (2 * BITS);
  }
}

/** As `writeOrNearest`, but those of the four pixels that are outside the picture count as black. */
function writeOrBlack(image: RgbImage, x: number, y: number, to: Output): void {
  const [column, row] = [x >> BITS, y >> BITS];
  const isInside = column >= 0 && row >= 0 && column < image.width - 1 && row < image.height - 1;
  if (isInside) {
    writeOrNearest(image, x, y, to);
    return;
  }
  const [right, down] = [x & FRACTION, y & FRACTION];
  for (let channel = 0; channel < 3; channel += 1) {
    const sum =
      (SUBPIXELS - right) * (SUBPIXELS - down) * valueOrBlack(image, column, row, channel) +
      right * (SUBPIXELS - down) * valueOrBlack(image, column + 1, row, channel) +
      (SUBPIXELS - right) * down * valueOrBlack(image, column, row + 1, channel) +
      right * down * valueOrBlack(image, column + 1, row + 1, channel);
    to.data[to.at + channel] = (sum + HALF_OF_WEIGHTS) >> (2 * BITS);
  }
}

function valueOrBlack(
  { width, height, data }: RgbImage,
  column: number,
  row: number,
  channel: number,
): number {
  const isInside = column >= 0 && row >= 0 && column < width && row < height;
  return isInside ? (data[3 * (row * width + column) + channel] ?? 0) : 0;
}

function clamp(value: number, highest: number): number {
  return Math.max(0, Math.min(value, highest));
}
