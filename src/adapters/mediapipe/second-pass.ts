/**
 * Masking for the detector's second pass. The detector takes people who overlap for one, so it runs
 * again on the picture with the first person painted out: then anyone behind or next to them scores best.
 */
import type { PersonMask } from '../../pose.ts';
import type { RgbImage } from './decode-image.ts';
import { DETECTOR_SIZE } from './detector.ts';

/** Cells of the mask from this value on (of 255) are masked; a remaining outline is detected as a person. */
const MAYBE_PERSON = 60;
/** Pixels by which the mask is dilated: hair, shadows, the mask's own error. */
const DILATION_PX = 3;

/**
 * The detector's square (`whole`, RGB) with the person of `mask` painted out: each row is interpolated
 * between the pixels left and right of the person. A plain colour would leave a silhouette, which the
 * detector takes for a person.
 */
export function paintOutPerson(
  whole: Uint8Array,
  image: Pick<RgbImage, 'width' | 'height'>,
  mask: PersonMask,
): Uint8Array {
  const covered = dilate(personInSquare(image, mask));
  const painted = new Uint8Array(whole);
  for (let row = 0; row < DETECTOR_SIZE; row += 1) {
    const start = row * DETECTOR_SIZE;
    const line = painted.subarray(3 * start, 3 * (start + DETECTOR_SIZE));
    fillMasked(line, covered.subarray(start, start + DETECTOR_SIZE));
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

/** Dilates the mask: along the rows, then along the columns. */
function dilate(covered: Uint8Array): Uint8Array {
  return dilateAlong(dilateAlong(covered, 1), DETECTOR_SIZE);
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
