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
/** Added to positions, which are then never negative: to cut off the fraction is to round down. */
const OFFSET = 2 ** 24;

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
  for (let row = 0; row < outputSize; row += 1) {
    const line = output.subarray(row * outputSize * 3, (row + 1) * outputSize * 3);
    sampleLine(image, line, { x: left - sin * row, y: top + cos * row, dx: cos, dy: sin }, border);
  }
  return output;
}

/** Where a line starts in the picture and its step per pixel, in 1/32 pixel. */
interface SamplingLine {
  readonly x: number;
  readonly y: number;
  readonly dx: number;
  readonly dy: number;
}

/** Fills a line of the output, each pixel bilinear between four of the picture: the innermost loop. */
function sampleLine(
  image: RgbImage,
  line: Uint8Array,
  sampling: SamplingLine,
  border: Border,
): void {
  const { width, height, data } = image;
  const startX = sampling.x + 0.5 + OFFSET;
  const startY = sampling.y + 0.5 + OFFSET;
  const keepsEdge = border === 'replicate';
  for (let i = 0; 3 * i < line.length; i += 1) {
    const x = ((startX + sampling.dx * i) | 0) - OFFSET;
    const y = ((startY + sampling.dy * i) | 0) - OFFSET;
    const column = x >> BITS;
    const row = y >> BITS;
    const right = x & FRACTION;
    const down = y & FRACTION;
    const left = clamp(column, width) * 3;
    const far = clamp(column + 1, width) * 3;
    const upper = clamp(row, height) * 3 * width;
    const lower = clamp(row + 1, height) * 3 * width;
    const leftWeight = keepsEdge || left === 3 * column ? SUBPIXELS - right : 0;
    const farWeight = keepsEdge || far === 3 * (column + 1) ? right : 0;
    const upperWeight = keepsEdge || upper === 3 * width * row ? SUBPIXELS - down : 0;
    const lowerWeight = keepsEdge || lower === 3 * width * (row + 1) ? down : 0;
    for (let channel = 0; channel < 3; channel += 1) {
      const above =
        leftWeight * (data[upper + left + channel] ?? 0) +
        farWeight * (data[upper + far + channel] ?? 0);
      const below =
        leftWeight * (data[lower + left + channel] ?? 0) +
        farWeight * (data[lower + far + channel] ?? 0);
      const sum = upperWeight * above + lowerWeight * below;
      line[3 * i + channel] = (sum + HALF_OF_WEIGHTS) >> (2 * BITS);
    }
  }
}

/** The nearest index that exists. */
function clamp(index: number, length: number): number {
  return Math.max(0, Math.min(index, length - 1));
}
