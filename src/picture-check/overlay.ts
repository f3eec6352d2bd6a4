/**
 * One picture laid over another: what each cell of the first shows in the second, and how much it
 * has changed beyond the light.
 */
import type { PictureView } from '../ports/picture-views.ts';
import { LANDMARK } from '../pose.ts';
import { move, type Similarity } from './similarity.ts';

/** What a cell shows: its surroundings, the person's body, or the person above the shoulders. */
type Part = 'scene' | 'body' | 'head';

/** A cell that both pictures show. */
export interface Cell {
  readonly part: Part;
  /** Of the first picture's thumbnail. */
  readonly row: number;
  readonly column: number;
  /** Red, green, blue, 0..1, in the first and the second picture. */
  readonly before: readonly number[];
  readonly after: readonly number[];
}

const CHANNELS = [0, 1, 2];
/** Of 255: more is the person, less is not; in between lie the outline and its shadow. */
const PERSON = 128;
const NOT_PERSON = 30;

/** Every `step`th cell of the first picture's thumbnail that lies in the second one. */
export function overlay(
  before: PictureView,
  after: PictureView,
  fit: Similarity,
  step: number,
): Cell[] {
  const { columns, rows, rgb } = before.thumbnail;
  const shoulders = shoulderRow(before);
  const cells: Cell[] = [];
  for (let row = 0; row < rows; row += step) {
    for (let column = 0; column < columns; column += step) {
      const at = row * columns + column;
      const point = move(fit, {
        x: ((column + 0.5) / columns) * before.widthPx,
        y: ((row + 0.5) / rows) * before.heightPx,
      });
      const seen = sample(after, point);
      if (seen === null) continue;
      const mask = before.person?.mask[at] ?? 0;
      const isScene = mask < NOT_PERSON && seen.mask < NOT_PERSON;
      if (mask < PERSON && !isScene) continue;
      const part = isScene ? 'scene' : row < shoulders ? 'head' : 'body';
      const colour = CHANNELS.map((channel) => (rgb[3 * at + channel] ?? 0) / 255);
      cells.push({ part, row, column, before: colour, after: seen.colour });
    }
  }
  return cells;
}

function shoulderRow({ person, thumbnail }: PictureView): number {
  const [left, right] = [LANDMARK.leftShoulder, LANDMARK.rightShoulder].map(
    (index) => person?.landmarks[index],
  );
  return Math.min(left?.y ?? 0, right?.y ?? 0) * thumbnail.rows;
}

/** The picture at a point, bilinear; null outside of it. */
function sample(view: PictureView, point: { x: number; y: number }) {
  const { columns, rows, rgb } = view.thumbnail;
  const x = (point.x / view.widthPx) * columns - 0.5;
  const y = (point.y / view.heightPx) * rows - 0.5;
  const [column, row] = [Math.floor(x), Math.floor(y)];
  if (column < 0 || row < 0 || column >= columns - 1 || row >= rows - 1) return null;
  const [right, down] = [x - column, y - row];
  const at = row * columns + column;
  const below = at + columns;
  const colour = CHANNELS.map((channel) => {
    const value = (cell: number) => rgb[3 * cell + channel] ?? 0;
    const upper = value(at) + right * (value(at + 1) - value(at));
    const lower = value(below) + right * (value(below + 1) - value(below));
    return (upper + down * (lower - upper)) / 255;
  });
  return { colour, mask: view.person?.mask[Math.round(y) * columns + Math.round(x)] ?? 0 };
}

/** How the light of the second picture differs: after = gain · before + offset, for each channel. */
export type Light = readonly { readonly gain: number; readonly offset: number }[];

/** Places that differ by more than this from most others say nothing about the light. */
const SAME_SURFACE = 0.12;
/** Pulls the gain to 1 where the cells are too similar to show it. */
const PRIOR = 0.5;
/** More than this is no change of light. */
const [LEAST_GAIN, MOST_GAIN, MOST_OFFSET] = [0.75, 1.3, 0.15];

/** The change of light that most of these cells agree with. */
export function lightOf(cells: readonly Cell[]): Light {
  return CHANNELS.map((channel) => {
    const pairs = cells.map(({ before, after }) => [before[channel] ?? 0, after[channel] ?? 0]);
    const differences = pairs.map(([from = 0, to = 0]) => to - from);
    const usual = quantile(differences, 0.5);
    const alike = pairs.filter(
      (_, index) => Math.abs((differences[index] ?? 0) - usual) < SAME_SURFACE,
    );
    if (alike.length === 0) return { gain: 1, offset: 0 };
    const from = mean(alike.map(([before = 0]) => before));
    const to = mean(alike.map(([, after = 0]) => after));
    let [shared, spread] = [PRIOR, PRIOR];
    for (const [before = 0, after = 0] of alike) {
      shared += (before - from) * (after - to);
      spread += (before - from) ** 2;
    }
    const gain = clamp(shared / spread, LEAST_GAIN, MOST_GAIN);
    return { gain, offset: clamp(to - gain * from, -MOST_OFFSET, MOST_OFFSET) };
  });
}

/** How much a cell has changed beyond the light, 0..1: the mean over the channels. */
export function changeAt({ before, after }: Cell, light: Light): number {
  const changes = light.map(({ gain, offset }, channel) =>
    Math.abs((after[channel] ?? 0) - gain * (before[channel] ?? 0) - offset),
  );
  return mean(changes);
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(values.length, 1);
}

/** The value that a share of the others lies below; 0 for none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.round(share * (sorted.length - 1))] ?? 0;
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(Math.max(value, least), most);
}
