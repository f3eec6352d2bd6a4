/** Reads a person's outline from the mask, in pixels of the image and to fractions of a cell. */
import type { PersonMask } from '../pose.ts';

/** Where a row of the outline begins and ends, in pixels. */
export interface RowSpan {
  readonly left: number;
  readonly right: number;
}

/** A mask on a photo, as the functions below need it. */
export interface Silhouette {
  readonly mask: PersonMask;
  readonly widthPx: number;
  readonly heightPx: number;
}

const PERSON = 127.5;

/** How likely the person is at a point in pixels, 0..1. */
export function probabilityAt(silhouette: Silhouette, x: number, y: number): number {
  return rowAt(silhouette, y)(Math.round(toColumn(silhouette, x))) / 255;
}

/** The stretch of person in row `y` around `x`; null where there is no person. All in pixels. */
export function spanAround(silhouette: Silhouette, y: number, x: number): RowSpan | null {
  const { columns } = silhouette.mask;
  const row = rowAt(silhouette, y);
  const start = Math.round(toColumn(silhouette, x));
  if (start < 0 || start >= columns || row(start) <= PERSON) return null;
  let first = start;
  while (first > 0 && row(first - 1) > PERSON) first -= 1;
  let last = start;
  while (last < columns - 1 && row(last + 1) > PERSON) last += 1;
  return {
    left: toPixel(silhouette, first - edge(row(first), row(first - 1))),
    right: toPixel(silhouette, last + edge(row(last), row(last + 1))),
  };
}

/** A gap that the mask is too coarse to show as empty still shows as a cell that is not quite sure. */
const SURE = 254;

/**
 * On the way from `fromX` to `toX` in row `y`, both inside the person: where the probability has
 * fallen half way to the lowest value of a gap, in pixels; null when there is no gap. Narrow gaps,
 * such as between arm and trunk, fill up in the mask but leave a dent.
 */
export function gapBetween(
  silhouette: Silhouette,
  y: number,
  fromX: number,
  toX: number,
): number | null {
  const row = rowAt(silhouette, y);
  const start = Math.round(toColumn(silhouette, fromX));
  const distance = toColumn(silhouette, toX) - start;
  const step = Math.sign(distance);
  let lowest = start;
  for (let n = 1; n <= Math.abs(distance); n += 1) {
    if (row(start + n * step) < row(lowest)) lowest = start + n * step;
  }
  if (lowest === start || row(lowest) > SURE) return null;
  const border = (row(start) + row(lowest)) / 2;
  let last = start;
  while (last !== lowest && row(last + step) > border) last += step;
  const [inside, outside] = [row(last), row(last + step)];
  return toPixel(silhouette, last + step * ((inside - border) / (inside - outside)));
}

/**
 * From `fromY` up (step -1) or down (step 1): the last row, in pixels, in which the person still
 * reaches into the columns between `left` and `right`. Stops at the first empty row, so things
 * elsewhere in the mask do not count.
 */
export function reach(
  silhouette: Silhouette,
  fromY: number,
  step: -1 | 1,
  between: RowSpan,
): number {
  const { mask, heightPx } = silhouette;
  const rowHeight = heightPx / mask.rows;
  let row = Math.floor(fromY / rowHeight);
  while (rowHasPerson(silhouette, row + step, between)) row += step;
  return (row + (step === 1 ? 1 : 0)) * rowHeight;
}

function rowHasPerson(silhouette: Silhouette, row: number, { left, right }: RowSpan): boolean {
  const { mask } = silhouette;
  if (row < 0 || row >= mask.rows) return false;
  const first = Math.max(Math.floor(toColumn(silhouette, left)), 0);
  const last = Math.min(Math.ceil(toColumn(silhouette, right)), mask.columns - 1);
  for (let column = first; column <= last; column += 1) {
    if ((mask.probability[row * mask.columns + column] ?? 0) > PERSON) return true;
  }
  return false;
}

/** The row at `y`, interpolated between the two nearest rows of cells; zero outside of the mask. */
function rowAt({ mask, heightPx }: Silhouette, y: number): (column: number) => number {
  const position = (y / heightPx) * mask.rows - 0.5;
  const upper = Math.floor(position);
  const share = position - upper;
  const above = cellsOf(mask, upper);
  const below = cellsOf(mask, upper + 1);
  return (column) => (1 - share) * (above[column] ?? 0) + share * (below[column] ?? 0);
}

/** A row of cells; empty outside of the mask. */
function cellsOf({ columns, rows, probability }: PersonMask, row: number): Uint8Array {
  const start = row < 0 || row >= rows ? probability.length : row * columns;
  return probability.subarray(start, start + columns);
}

/** How far beyond a cell inside the outline the border lies, in cells. */
function edge(inside: number, outside: number): number {
  return (inside - PERSON) / (inside - outside);
}

function toColumn({ mask, widthPx }: Silhouette, x: number): number {
  return (x / widthPx) * mask.columns - 0.5;
}

function toPixel({ mask, widthPx }: Silhouette, column: number): number {
  return ((column + 0.5) / mask.columns) * widthPx;
}
