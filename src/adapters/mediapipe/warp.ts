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
type Border = 'black' | 'replicate';

/** Positions are held in 1/32 pixel, weights of the four neighbours then sum to 32 * 32. */
const BITS = 5;
const SUBPIXELS = 1 << BITS;
const FRACTION = SUBPIXELS - 1;
const HALF_OF_WEIGHTS = (SUBPIXELS * SUBPIXELS) / 2;
/** Added to positions, which are then never negative: to cut off the fraction is to round down. */
const OFFSET = 2 ** 24;

export interface Output {
  /** Rows, and pixels a row. */
  readonly size: number;
  readonly border: Border;
  /** Each row in reverse order: the mirror image of the square. */
  readonly isMirrored?: boolean;
}

/** The square as rows of RGB pixels. */
export function warpSquare(image: RgbImage, square: RotatedSquare, output: Output): Uint8Array {
  const { size } = output;
  const step = (SUBPIXELS * square.size) / size;
  const cos = Math.cos(square.rotation) * step;
  const sin = Math.sin(square.rotation) * step;
  const left = square.centerX * SUBPIXELS - ((cos - sin) * size) / 2;
  const top = square.centerY * SUBPIXELS - ((sin + cos) * size) / 2;
  const pixels = new Uint8Array(size * size * 3);
  for (let row = 0; row < size; row += 1) {
    const line = pixels.subarray(row * size * 3, (row + 1) * size * 3);
    sampleLine(image, line, { x: left - sin * row, y: top + cos * row, dx: cos, dy: sin }, output);
  }
  return pixels;
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
  { width, height, data }: RgbImage,
  line: Uint8Array,
  sampling: SamplingLine,
  { size, border, isMirrored = false }: Output,
): void {
  const startX = sampling.x + 0.5 + OFFSET;
  const startY = sampling.y + 0.5 + OFFSET;
  const keepsEdge = border === 'replicate';
  for (let i = 0; i < size; i += 1) {
    const x = ((startX + sampling.dx * i) | 0) - OFFSET;
    const y = ((startY + sampling.dy * i) | 0) - OFFSET;
    const column = x >> BITS;
    const row = y >> BITS;
    const left = clamp(column, width);
    const upper = clamp(row, height);
    const right = clamp(column + 1, width);
    const lower = clamp(row + 1, height);
    const rightWeight = keepsEdge || right === column + 1 ? x & FRACTION : 0;
    const leftWeight = keepsEdge || left === column ? SUBPIXELS - (x & FRACTION) : 0;
    const lowerWeight = keepsEdge || lower === row + 1 ? y & FRACTION : 0;
    const upperWeight = keepsEdge || upper === row ? SUBPIXELS - (y & FRACTION) : 0;
    // The four neighbours, and what each of them counts.
    const a = 3 * (upper * width + left);
    const b = a + 3 * (right - left);
    const c = a + 3 * width * (lower - upper);
    const d = c + b - a;
    const ofA = upperWeight * leftWeight;
    const ofB = upperWeight * rightWeight;
    const ofC = lowerWeight * leftWeight;
    const ofD = lowerWeight * rightWeight;
    const at = 3 * (isMirrored ? size - 1 - i : i);
    for (let channel = 0; channel < 3; channel += 1) {
      const sum =
        ofA * (data[a + channel] ?? 0) +
        ofB * (data[b + channel] ?? 0) +
        ofC * (data[c + channel] ?? 0) +
        ofD * (data[d + channel] ?? 0);
      line[at + channel] = (sum + HALF_OF_WEIGHTS) >> (2 * BITS);
    }
  }
}

/** The nearest index that exists. */
function clamp(index: number, length: number): number {
  if (index < 0) return 0;
  return index < length ? index : length - 1;
}
