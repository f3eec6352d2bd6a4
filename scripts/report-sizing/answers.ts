/** Tables about answers, for any set of people. */
import { percent, table } from '../markdown-table.ts';
import type { GivenInputs } from './judge.ts';
import { calibration, errorsOf, meanOf, type Outcome, withinSizes } from './statistics.ts';

/** The answers of one kind of input. */
export interface Outcomes {
  readonly name: string;
  readonly judged: readonly Outcome[];
}

/** Inputs that may be given in addition to the photo. */
export const GIVEN_INPUTS: readonly { readonly name: string; readonly given: GivenInputs }[] = [
  { name: 'height', given: [] },
  { name: 'height + sex', given: ['sex'] },
  { name: 'height + weight', given: ['weight'] },
  { name: 'height + weight + sex', given: ['weight', 'sex'] },
  { name: 'height + weight + sex + age', given: ['weight', 'sex', 'age'] },
];

/** Errors, sizes and calibration of each input. */
export function inputsTable(rows: readonly Outcomes[]): string {
  return table(
    ['input', 'photos', 'cm', 'exact', '± 1', 'mean confidence', 'calibration error', 'by chance'],
    rows.map(({ name, judged }) => {
      const { error, byChance } = calibration(judged);
      return [
        name,
        String(judged.length),
        maeOf(judged),
        percent(withinSizes(judged, 0)),
        percent(withinSizes(judged, 1)),
        percent(meanOf(judged, ({ confidence }) => confidence ?? 0)),
        error.toFixed(3),
        byChance.toFixed(3),
      ];
    }),
  );
}

/** Whether the stated uncertainty is true. */
export function honestyTable(rows: readonly Outcomes[]): string {
  return table(
    ['input', 'chest', 'waist', 'hip', 'mean confidence', 'hits', 'calibration error', 'by chance'],
    rows.map(({ name, judged }) => {
      const { error, byChance } = calibration(judged);
      return [
        name,
        ...(['chest', 'waist', 'hip'] as const).map((girth) => standardised(judged, girth)),
        percent(meanOf(judged, ({ confidence }) => confidence ?? 0)),
        percent(withinSizes(judged, 0)),
        error.toFixed(3),
        byChance.toFixed(3),
      ];
    }),
  );
}

function standardised(judged: readonly Outcome[], girth: 'chest' | 'waist' | 'hip'): string {
  const square = ({ errors, sd }: Outcome) => (errors[girth] / (sd?.[girth] ?? 1)) ** 2;
  return Math.sqrt(meanOf(judged, square)).toFixed(2);
}

/** Mean absolute errors of the girths, as text. */
export function maeOf(judged: readonly Outcome[]): string {
  return errorsOf(judged)
    .map((cm) => cm.toFixed(1))
    .join(' / ');
}
