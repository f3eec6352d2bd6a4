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
const SUBPIXEL_BITS = 5;
const SUBPIXELS = 1 << SUBPIXEL_BITS;
const SUBPIXEL_MASK = SUBPIXELS - 1;
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
  const output = new Uint8Array(outputSize * outputSize * 3);
  let at = 0;
  for (let row = 0; row < outputSize; row += 1) {
    for (let column = 0; column < outputSize; column += 1) {
      const x = Math.round(left + cos * column - sin * row);
      const y = Math.round(top + sin * column + cos * row);
      writePixel(image, x, y, border, output, at);
      at += 3;
    }
  }
  return output;
}

/** Bilinear between the four pixels around (x, y), given in 1/32 pixel. */
function writePixel(
  { width, height, data }: RgbImage,
  x: number,
  y: number,
  border: Border,
  output: Uint8Array,
  at: number,
): void {
  const column = x >> SUBPIXEL_BITS;
  const row = y >> SUBPIXEL_BITS;
  const right = x & SUBPIXEL_MASK;
  const down = y & SUBPIXEL_MASK;
  const replicate = border === 'replicate';
  const inside = column >= 0 && row >= 0 && column < width - 1 && row < height - 1;
  let weightTopLeft = (SUBPIXELS - right) * (SUBPIXELS - down);
  let weightTopRight = right * (SUBPIXELS - down);
  let weightBottomLeft = (SUBPIXELS - right) * down;
  let weightBottomRight = right * down;
  let near = column;
  let far = column + 1;
  let upper = row;
  let lower = row + 1;
  if (!inside) {
    if (!replicate) {
      const hasNear = near >= 0 && near < width;
      const hasFar = far >= 0 && far < width;
      const hasUpper = upper >= 0 && upper < height;
      const hasLower = lower >= 0 && lower < height;
      if (!(hasNear && hasUpper)) weightTopLeft = 0;
      if (!(hasFar && hasUpper)) weightTopRight = 0;
      if (!(hasNear && hasLower)) weightBottomLeft = 0;
      if (!(hasFar && hasLower)) weightBottomRight = 0;
    }
    near = Math.min(Math.max(near, 0), width - 1);
    far = Math.min(Math.max(far, 0), width - 1);
    upper = Math.min(Math.max(upper, 0), height - 1);
    lower = Math.min(Math.max(lower, 0), height - 1);
  }
  const topLeft = 3 * (upper * width + near);
  const topRight = 3 * (upper * width + far);
  const bottomLeft = 3 * (lower * width + near);
  const bottomRight = 3 * (lower * width + far);
  for (let channel = 0; channel < 3; channel += 1) {
    const sum =
      weightTopLeft * (data[topLeft + channel] ?? 0) +
      weightTopRight * (data[topRight + channel] ?? 0) +
      weightBottomLeft * (data[bottomLeft + channel] ?? 0) +
      weightBottomRight * (data[bottomRight + channel] ?? 0);
    output[at + channel] = (sum + HALF_OF_WEIGHTS) >> (2 * SUBPIXEL_BITS);
  }
}
