/** What the sizing was asked to reach on people it was not fitted on, and whether it does. */
import { GIRTHS } from '../src/sizing/body-estimate.ts';
import { errorsOf, type Judged, withinSizes } from './report-sizing-judge.ts';

interface Aim {
  readonly maeCm: readonly [chest: number, waist: number, hip: number];
  /** Shares of sizes that are right, and at most one off. */
  readonly exact: number;
  readonly withinOne: number;
}

const AIMS = {
  undressed: { maeCm: [3.6, 4.4, 2.5], exact: 0.65, withinOne: 0.98 },
  dressed: { maeCm: [4.2, 4.6, 3.5], exact: 0.55, withinOne: 0.98 },
  'told weight and sex': { maeCm: [3, 3.6, 2.2], exact: 0.72, withinOne: 0.98 },
} as const satisfies Record<string, Aim>;

/** One line per aim: what is measured, the aim, what was reached, and whether that is enough. */
export function aimRows(
  photoOnly: readonly Judged[],
  toldWeightAndSex: readonly Judged[],
): string[][] {
  const kind = (judged: readonly Judged[], dressed: boolean) =>
    judged.filter(({ person }) => person.dressed === dressed);
  const told = AIMS['told weight and sex'];
  return [
    ...rowsOf('photo + height, undressed', kind(photoOnly, false), AIMS.undressed),
    ...rowsOf('photo + height, dressed', kind(photoOnly, true), AIMS.dressed),
    ...rowsOf('with weight and sex, undressed', kind(toldWeightAndSex, false), told),
    ...rowsOf('with weight and sex, dressed', kind(toldWeightAndSex, true), told),
  ];
}

function rowsOf(name: string, judged: readonly Judged[], aim: Aim): string[][] {
  const reached = errorsOf(judged).map(({ mae }) => mae);
  const [exact, withinOne] = [withinSizes(judged, 0), withinSizes(judged, 1)];
  const cm = (values: readonly number[]) => values.map((value) => value.toFixed(1)).join(' / ');
  const missed = GIRTHS.filter((_, i) => round(reached[i] ?? 0, 1) > (aim.maeCm[i] ?? 0));
  const percent = (share: number) => `${round(100 * share, 1)} %`;
  return [
    [
      `${name}: error of chest / waist / hip, cm`,
      `≤ ${cm(aim.maeCm)}`,
      cm(reached),
      missed.length === 0 ? 'yes' : `not the ${missed.join(' and ')}`,
    ],
    [`${name}: size right`, `≥ ${percent(aim.exact)}`, percent(exact), yesIf(exact >= aim.exact)],
    [
      `${name}: at most one off`,
      `≥ ${percent(aim.withinOne)}`,
      percent(withinOne),
      yesIf(withinOne >= aim.withinOne),
    ],
  ];
}

function yesIf(reached: boolean): string {
  return reached ? 'yes' : 'no';
}

function round(value: number, decimals: number): number {
  return Number(value.toFixed(decimals));
}
