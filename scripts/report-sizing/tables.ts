/** Tables about the data sets' own people: by maker, by kind of clothes, by camera. */
import { GIRTHS } from '../../src/sizing/person.ts';
import { mean } from '../fit-sizing/least-squares.ts';
import type { SizingData } from '../fit-sizing/people.ts';
import { percent, table } from '../markdown-table.ts';
import { maeOf } from './answers.ts';
import type { Judged } from './judge.ts';
import { withinSizes } from './statistics.ts';

export interface Row {
  readonly name: string;
  readonly judged: readonly Judged[];
}

export function byMakerTable(rows: readonly Row[]): string {
  const names = [
    'height',
    'photo + height',
    'height + weight + sex',
    'photo + height + weight + sex',
  ];
  const chosen = names.map((name) => rows.find((row) => row.name === name)?.judged ?? []);
  const makers = [...new Set(chosen[0]?.map(({ person }) => person.maker))];
  return table(
    ['maker left out', 'photos', ...names.flatMap((name) => [`${name}, cm`, 'exact'])],
    makers.map((maker) => {
      const parts = chosen.map((judged) => judged.filter(({ person }) => person.maker === maker));
      const cells = parts.flatMap((part) => [maeOf(part), percent(withinSizes(part, 0))]);
      return [maker, String(parts[0]?.length), ...cells];
    }),
  );
}

/** Upper limits of the classes of weight/height², kg/m². */
const BODY_MASS = [20, 25, 30, 35, Number.POSITIVE_INFINITY];

/** Mean errors, not absolute ones: whether slim and heavy people are drawn towards the middle. */
export function byBodyMassTable(rows: readonly Row[]): string {
  const names = ['photo + height', 'photo + height + weight + sex'];
  const chosen = names.map((name) => rows.find((row) => row.name === name)?.judged ?? []);
  return table(
    ['kg/m²', 'photos', ...names.flatMap((name) => [`${name}, cm`, 'exact', '± 1'])],
    BODY_MASS.map((below, i) => {
      const from = BODY_MASS[i - 1] ?? 0;
      const parts = chosen.map((judged) =>
        judged.filter(({ person: { weightKg = 0, heightCm } }) => {
          const bodyMass = weightKg / (heightCm / 100) ** 2;
          return bodyMass >= from && bodyMass < below;
        }),
      );
      const cells = parts.flatMap((part) => [
        biasOf(part),
        percent(withinSizes(part, 0)),
        percent(withinSizes(part, 1)),
      ]);
      const name = below === Number.POSITIVE_INFINITY ? `from ${from}` : `below ${below}`;
      return [name, String(parts[0]?.length), ...cells];
    }),
  );
}

/** Mean errors, and mean absolute errors without them. */
export function withoutBias(judged: readonly Judged[]): { mean: string; rest: string } {
  const rest = GIRTHS.map((girth) => {
    const errors = judged.map((one) => one.errors[girth]);
    const bias = mean(errors);
    return mean(errors.map((error) => Math.abs(error - bias))).toFixed(1);
  });
  return { mean: biasOf(judged), rest: rest.join(' / ') };
}

function biasOf(judged: readonly Judged[]): string {
  return GIRTHS.map((girth) => mean(judged.map(({ errors }) => errors[girth])).toFixed(1)).join(
    ' / ',
  );
}

export function accuracyTable(rows: readonly Row[]): string {
  return table(
    ['input', ...['undressed', 'dressed', 'all'].flatMap((kind) => [`${kind} cm`, 'exact', '± 1'])],
    rows.map(({ name, judged }) => [
      name,
      ...kinds(judged).flatMap((part) => [
        maeOf(part),
        percent(withinSizes(part, 0)),
        percent(withinSizes(part, 1)),
      ]),
    ]),
  );
}

/** Mean shift against the same people at 3.2 m and 1.1 m. */
export function camerasTable(judged: readonly Judged[], { cameras }: SizingData): string {
  const answers = judged.map(({ errors }, i) => ({
    errors,
    ...cameras[i]?.camera,
    body: cameras[i]?.body,
  }));
  const usual = new Map(
    answers
      .filter((one) => one.distanceM === 3.2 && one.heightM === 1.1 && one.yawDegrees === 0)
      .map(({ body, errors }) => [body, errors]),
  );
  const groups = Object.groupBy(
    answers,
    (one) => `${one.distanceM} m | ${one.heightM} m | ${one.yawDegrees}°`,
  );
  return table(
    ['distance', 'height', 'turn', 'shift, cm'],
    Object.entries(groups).map(([place, group = []]) => {
      const shifts = GIRTHS.map((girth) =>
        mean(group.map(({ body, errors }) => errors[girth] - (usual.get(body)?.[girth] ?? 0))),
      );
      return [...place.split(' | '), shifts.map((shift) => shift.toFixed(1)).join(' / ')];
    }),
  );
}

/** Undressed, dressed, everyone. */
function kinds(judged: readonly Judged[]): readonly (readonly Judged[])[] {
  return [
    judged.filter(({ person }) => !person.dressed),
    judged.filter(({ person }) => person.dressed),
    judged,
  ];
}
