/**
 * The detector takes people who overlap for one. So it looks again at the picture without the person
 * that it has found: whoever stood behind or beside is the best in it then.
 */
import type { PersonMask } from '../../pose.ts';
import type { RgbImage } from './decode-image.ts';
import { DETECTOR_SIZE } from './detector.ts';

/** From here on (of 255) a cell of the mask may be the person; what is left of an outline is taken for one. */
const MAYBE_PERSON = 60;
/** Pixels of the detector's square by which the person is grown: hair, shadows, the mask's own error. */
const GROWN_BY_PX = 3;

/**
 * The detector's square (`whole`, RGB) with the person of `mask` painted over: every row goes evenly
 * from what is left of the person to what is right. A plain colour would leave a silhouette, in which
 * the detector sees a person again.
 */
export function withoutPerson(
  whole: Uint8Array,
  image: Pick<RgbImage, 'width' | 'height'>,
  mask: PersonMask,
): Uint8Array {
  const covered = grow(personInSquare(image, mask));
  const painted = new Uint8Array(whole);
  for (let row = 0; row < DETECTOR_SIZE; row += 1) {
    const start = row * DETECTOR_SIZE;
    const line = painted.subarray(3 * start, 3 * (start + DETECTOR_SIZE));
    bridgeGaps(line, covered.subarray(start, start + DETECTOR_SIZE));
  }
  return painted;
}

/** 1 where a pixel of the detector's square may show the person. */
function personInSquare(
  { width, height }: Pick<RgbImage, 'width' | 'height'>,
  { columns, rows, probability }: PersonMask,
): Uint8Array {
  const side = Math.max(width, height);
  const position = (pixel: number, length: number) =>
    (((pixel + 0.5) / DETECTOR_SIZE) * side - (side - length) / 2) / length;
  const covered = new Uint8Array(DETECTOR_SIZE * DETECTOR_SIZE);
  for (let y = 0; y < DETECTOR_SIZE; y += 1) {
    const row = Math.floor(position(y, height) * rows);
    if (row < 0 || row >= rows) continue;
    for (let x = 0; x < DETECTOR_SIZE; x += 1) {
      const column = Math.floor(position(x, width) * columns);
      if (column < 0 || column >= columns) continue;
      const likely = (probability[row * columns + column] ?? 0) > MAYBE_PERSON;
      covered[y * DETECTOR_SIZE + x] = Number(likely);
    }
  }
  return covered;
}

/** Grows what is covered on all sides: along the rows, then along the columns. */
function grow(covered: Uint8Array): Uint8Array {
  return growAlong(growAlong(covered, 1), DETECTOR_SIZE);
}

/** Over the edge of a row it reaches into the next one; there the square is background or a black bar. */
function growAlong(covered: Uint8Array, step: number): Uint8Array {
  const grown = new Uint8Array(covered.length);
  for (let pixel = 0; pixel < covered.length; pixel += 1) {
    if (covered[pixel] !== 1) continue;
    for (let distance = -GROWN_BY_PX; distance <= GROWN_BY_PX; distance += 1) {
      grown[pixel + distance * step] = 1;
    }
  }
  return grown;
}

/** Fills every covered stretch of a line of RGB pixels evenly between its two neighbours, or with the one it has. */
function bridgeGaps(line: Uint8Array, covered: Uint8Array): void {
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
