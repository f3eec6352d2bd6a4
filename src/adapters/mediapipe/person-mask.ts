/** The model's segmentation, projected from the person's square into the picture. */

import type { PersonMask } from '../../pose.ts';
import { LANDMARK_INPUT_SIZE, sigmoid } from './landmarks.ts';
import type { RotatedSquare } from './warp.ts';

/** Half as many again as the model's mask has over a person's square. */
export const DEFAULT_MASK_ROWS = 384;
/** From here on the sigmoid is 1 in fp32; most of the picture is that sure. */
const SATURATED = 17;
/** Cells of a projected mask from this value on (of 255) show the person. */
const PERSON = 128;
const FRAMED_SIZE = LANDMARK_INPUT_SIZE + 2;

interface Grid {
  readonly columns: number;
  readonly rows: number;
}

/** The square's probabilities, 0..1, with a frame of zeros around them: sampling needs no special cases. */
export type FramedMask = Float32Array;

/** The model's logits as probabilities; `isMirrored`: turned back from the mirror image. */
export function maskProbabilities(logits: Float32Array, isMirrored = false): FramedMask {
  const framed = new Float32Array(FRAMED_SIZE * FRAMED_SIZE);
  for (let row = 0; row < LANDMARK_INPUT_SIZE; row += 1) {
    const to = (row + 1) * FRAMED_SIZE + 1;
    const from = row * LANDMARK_INPUT_SIZE;
    for (let column = 0; column < LANDMARK_INPUT_SIZE; column += 1) {
      const logit = logits[from + column] ?? 0;
      const at = to + (isMirrored ? LANDMARK_INPUT_SIZE - 1 - column : column);
      framed[at] = logit < -SATURATED ? 0 : logit > SATURATED ? 1 : sigmoid(logit);
    }
  }
  return framed;
}

/** The grid that a picture's mask gets: its proportions, and never more than a cell a pixel. */
export function maskGridFor(image: { width: number; height: number }, maxRows: number): Grid {
  const rows = Math.min(image.height, maxRows);
  return { columns: Math.max(Math.round((image.width * rows) / image.height), 1), rows };
}

/**
 * Samples the square's probabilities at the middle of each cell of the grid: bilinear, zero
 * outside, no half-pixel shift. With one cell a pixel this is MediaPipe's own mask.
 */
export function projectMask(
  framed: FramedMask,
  region: RotatedSquare,
  image: { width: number; height: number },
  { columns, rows }: Grid,
): PersonMask {
  const middle = LANDMARK_INPUT_SIZE / 2 + 1;
  const scale = LANDMARK_INPUT_SIZE / region.size;
  const cos = Math.cos(region.rotation) * scale;
  const sin = Math.sin(region.rotation) * scale;
  const probability = new Uint8Array(columns * rows);
  const dx = Float64Array.from(
    { length: columns },
    (_, column) => ((column + 0.5) * image.width) / columns - 0.5 - region.centerX,
  );
  const alongX = dx.map((distance) => middle + cos * distance);
  const alongY = dx.map((distance) => sin * distance);
  for (let row = 0; row < rows; row += 1) {
    const dy = ((row + 0.5) * image.height) / rows - 0.5 - region.centerY;
    const [fromX, fromY] = [sin * dy, middle + cos * dy];
    for (let column = 0; column < columns; column += 1) {
      const value = sample(framed, (alongX[column] ?? 0) + fromX, fromY - (alongY[column] ?? 0));
      probability[row * columns + column] = 255 * value + 0.5;
    }
  }
  return { columns, rows, probability };
}

/** Which share of the picture the person covers, 0..1. */
export function areaOf({ probability }: PersonMask): number {
  let cells = 0;
  for (const value of probability) if (value >= PERSON) cells += 1;
  return cells / probability.length;
}

function sample(framed: Float32Array, x: number, y: number): number {
  const isOutside = x < 0 || y < 0 || x >= FRAMED_SIZE - 1 || y >= FRAMED_SIZE - 1;
  if (isOutside) return 0;
  // Not Math.trunc, which keeps them as floats: this is the innermost loop.
  const column = x | 0;
  const row = y | 0;
  const right = x - column;
  const down = y - row;
  const at = row * FRAMED_SIZE + column;
  const below = at + FRAMED_SIZE;
  const upper = (1 - right) * (framed[at] ?? 0) + right * (framed[at + 1] ?? 0);
  const lower = (1 - right) * (framed[below] ?? 0) + right * (framed[below + 1] ?? 0);
  return (1 - down) * upper + down * lower;
}
