/**
 * Where exactly one picture lies over another: a search near a first guess, by their colours. Joints
 * alone are off by several pixels, which at the edges of things looks like a change.
 */
import type { PictureView } from '../ports/picture-views.ts';
import { move, type Similarity } from './similarity.ts';

/** Every sixth cell of every sixth row of the thumbnail is compared. */
const STEP = 6;
/** First steps of the search, as shares of the picture's height, of the scale, and in radians; halved every round. */
const FIRST_STEP = 0.02;
const ROUNDS = 5;
/** A cell that differs by more (of 255) has changed, rather than being misaligned. */
const MOST_CHANGE = 51;

/** The fit near `start` in which the pictures agree best, however their light differs. */
export function register(before: PictureView, after: PictureView, start: Similarity): Similarity {
  const misfit = misfitOf(before, after);
  let best = { fit: start, error: misfit(start) };
  for (let round = 0, step = FIRST_STEP; round < ROUNDS; round += 1, step /= 2) {
    for (const change of stepsOf(step, before)) {
      const fit = change(best.fit);
      const error = misfit(fit);
      if (error < best.error) best = { fit, error };
    }
  }
  return best.fit;
}

function stepsOf(
  step: number,
  { widthPx, heightPx }: PictureView,
): ((fit: Similarity) => Similarity)[] {
  const middle = { x: widthPx / 2, y: heightPx / 2 };
  /** Scales and turns about the middle of the picture. */
  const turn = (real: number, imaginary: number) => (fit: Similarity) => {
    const [a, b] = [fit.a * real - fit.b * imaginary, fit.a * imaginary + fit.b * real];
    const [was, is] = [move(fit, middle), move({ ...fit, a, b }, middle)];
    return { a, b, x: fit.x + was.x - is.x, y: fit.y + was.y - is.y };
  };
  const shift = (right: number, down: number) => (fit: Similarity) => {
    const scale = Math.hypot(fit.a, fit.b) * heightPx;
    return { ...fit, x: fit.x + right * scale, y: fit.y + down * scale };
  };
  return [step, -step].flatMap((by) => [
    shift(by / 2, 0),
    shift(0, by / 2),
    turn(1 + by, 0),
    turn(1, by / 2),
  ]);
}

/** Mean difference of colours beyond what all cells share, 0..255; 255 where the pictures do not meet. */
function misfitOf(before: PictureView, after: PictureView): (fit: Similarity) => number {
  const from = before.thumbnail;
  const [acrossPx, downPx] = [before.widthPx / from.columns, before.heightPx / from.rows];
  const differences = new Float32Array(from.columns * from.rows);
  return (fit) => {
    let total = 0;
    for (let channel = 0; channel < 3; channel += 1) {
      let [count, sum] = [0, 0];
      for (let row = 0; row < from.rows; row += STEP) {
        for (let column = 0; column < from.columns; column += STEP) {
          const [x, y] = [(column + 0.5) * acrossPx, (row + 0.5) * downPx];
          const value = colourAt(after, channel, {
            x: fit.a * x - fit.b * y + fit.x,
            y: fit.b * x + fit.a * y + fit.y,
          });
          if (value < 0) continue;
          const was = from.rgb[3 * (row * from.columns + column) + channel] ?? 0;
          differences[count] = value - was;
          sum += value - was;
          count += 1;
        }
      }
      if (count === 0) return 255;
      for (let at = 0; at < count; at += 1) {
        const change = Math.abs((differences[at] ?? 0) - sum / count);
        total += Math.min(change, MOST_CHANGE) / count / 3;
      }
    }
    return total;
  };
}

/** One channel of the picture at a point in pixels, bilinear; -1 outside of it. The innermost loop. */
function colourAt(view: PictureView, channel: number, point: { x: number; y: number }): number {
  const { columns, rows, rgb } = view.thumbnail;
  const x = (point.x / view.widthPx) * columns - 0.5;
  const y = (point.y / view.heightPx) * rows - 0.5;
  const [column, row] = [Math.floor(x), Math.floor(y)];
  if (column < 0 || row < 0 || column >= columns - 1 || row >= rows - 1) return -1;
  const [right, down] = [x - column, y - row];
  const at = 3 * (row * columns + column) + channel;
  const below = at + 3 * columns;
  const upper = (1 - right) * (rgb[at] ?? 0) + right * (rgb[at + 3] ?? 0);
  const lower = (1 - right) * (rgb[below] ?? 0) + right * (rgb[below + 3] ?? 0);
  return (1 - down) * upper + down * lower;
}
