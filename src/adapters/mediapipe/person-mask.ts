/** The model's segmentation, projected from the person's square into the picture. */
import { LANDMARK_INPUT_SIZE, sigmoid } from './landmarks.ts';
import type { PersonMask } from './pose.ts';
import type { RotatedSquare } from './warp.ts';

const MAX_ROWS = 512;

interface Grid {
  readonly columns: number;
  readonly rows: number;
}

/** Logits to probabilities, 0..1. */
export function maskProbabilities(logits: Float32Array): Float32Array {
  return logits.map(sigmoid);
}

/** The grid that a picture's mask gets: its proportions, at most 512 rows. */
export function maskGridFor(image: { width: number; height: number }): Grid {
  const rows = Math.min(image.height, MAX_ROWS);
  return { columns: Math.max(Math.round((image.width * rows) / image.height), 1), rows };
}

/**
 * Samples the square's probabilities at the middle of each cell of the grid: bilinear, zero
 * outside, no half-pixel shift. With one cell a pixel this is MediaPipe's own mask.
 */
export function projectMask(
  probabilities: Float32Array,
  region: RotatedSquare,
  image: { width: number; height: number },
  { columns, rows }: Grid,
): PersonMask {
  const scale = LANDMARK_INPUT_SIZE / region.size;
  const cos = Math.cos(region.rotation) * scale;
  const sin = Math.sin(region.rotation) * scale;
  const probability = new Uint8Array(columns * rows);
  for (let row = 0; row < rows; row += 1) {
    const dy = ((row + 0.5) * image.height) / rows - 0.5 - region.centerY;
    for (let column = 0; column < columns; column += 1) {
      const dx = ((column + 0.5) * image.width) / columns - 0.5 - region.centerX;
      const x = cos * dx + sin * dy + LANDMARK_INPUT_SIZE / 2;
      const y = cos * dy - sin * dx + LANDMARK_INPUT_SIZE / 2;
      probability[row * columns + column] = Math.round(255 * sample(probabilities, x, y));
    }
  }
  return { left: 0, top: 0, right: 1, bottom: 1, columns, rows, probability };
}

function sample(probabilities: Float32Array, x: number, y: number): number {
  const column = Math.floor(x);
  const row = Math.floor(y);
  if (column < -1 || row < -1 || column >= LANDMARK_INPUT_SIZE || row >= LANDMARK_INPUT_SIZE) {
    return 0;
  }
  const right = x - column;
  const down = y - row;
  const upper =
    (1 - right) * at(probabilities, column, row) + right * at(probabilities, column + 1, row);
  const lower =
    (1 - right) * at(probabilities, column, row + 1) +
    right * at(probabilities, column + 1, row + 1);
  return (1 - down) * upper + down * lower;
}

function at(probabilities: Float32Array, column: number, row: number): number {
  const inside =
    column >= 0 && row >= 0 && column < LANDMARK_INPUT_SIZE && row < LANDMARK_INPUT_SIZE;
  return inside ? (probabilities[row * LANDMARK_INPUT_SIZE + column] ?? 0) : 0;
}
