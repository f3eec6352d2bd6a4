/**
 * `npm run report:sizing`: judges the sizing on the data sets in `SHARED_DATA` and writes
 * docs/sizing-accuracy.md. Nobody is judged by coefficients that were fitted on them.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadPoseModels } from '../src/adapters/mediapipe/models.ts';
import { GIRTHS } from '../src/sizing/body-estimate.ts';
import { checkPhoto } from '../src/sizing/photo-check.ts';
import { MANY, readSizingData, type SizingData, sharedDataFolder } from './fit-sizing-data.ts';
import { mean } from './least-squares.ts';
import { judgeEdits } from './report-sizing-edits.ts';
import {
  calibration,
  crossValidate,
  errorsOf,
  type Judge,
  type Judged,
  judgeClassic,
  judgeConstant,
  leaveMakerOut,
  type Told,
  withinSizes,
} from './report-sizing-judge.ts';
import { CAMERAS, LIMITS, METHOD, OLDER_KINDS, UNSEEN } from './report-sizing-text.ts';

const OUTPUT = join(import.meta.dirname, '../docs/sizing-accuracy.md');
const EVERY_NTH_EDITED = 10;

interface Row {
  readonly name: string;
  readonly judged: readonly Judged[];
}

const TOLD: readonly { readonly name: string; readonly told: Told }[] = [
  { name: 'height', told: [] },
  { name: 'height + sex', told: ['sex'] },
  { name: 'height + weight', told: ['weight'] },
  { name: 'height + weight + sex', told: ['weight', 'sex'] },
  { name: 'height + weight + sex + age', told: ['weight', 'sex', 'age'] },
];

const folder = sharedDataFolder(process.env);
const data = await readSizingData(folder);
await writeFile(OUTPUT, await report(data));
console.log(OUTPUT);

async function report(from: SizingData): Promise<string> {
  const unseen = leaveMakerOut(from);
  const { photos, variants, cameras } = crossValidate(from);
  const rowsOf = (judge: Judge) => [
    ...TOLD.map(({ name, told }) => ({ name, judged: judge(told, false) })),
    ...TOLD.map(({ name, told }) => ({ name: `photo + ${name}`, judged: judge(told, true) })),
  ];
  const [ofUnseen, ofOlder] = [rowsOf(unseen), rowsOf(photos)];
  const older = (ofOlder[0]?.judged ?? []).map(({ person }) => person);
  const baselines = [
    { name: 'constant answer', judged: judgeConstant(from, older) },
    { name: 'classic (photo + height)', judged: judgeClassic(older) },
  ];
  return `${[
    METHOD,
    '## A kind of clothes and cameras that was not fitted on',
    UNSEEN,
    makersTable(ofUnseen),
    '### By maker, photo + height against height, and with weight and sex',
    byMakerTable(ofUnseen),
    '## The two older kinds, cross-validated',
    OLDER_KINDS,
    accuracyTable([...baselines, ...ofOlder]),
    '### Is the stated uncertainty true?',
    'Error divided by the stated standard deviation, root mean square (1 is right, more is overconfident), and the calibration error of the confidence (five bins).',
    honestyTable(ofOlder.filter(({ name }) => name.startsWith('photo'))),
    '## Where the camera stands',
    CAMERAS,
    camerasTable(cameras([], true), from),
    '## The same photo, edited harmlessly',
    flipTable(photos, variants),
    '## Photo check',
    photoCheckSummary(from),
    'The same check on usable photos that were edited:',
    await editsTable(from),
    LIMITS,
  ].join('\n\n')}\n`;
}

/** Errors, sizes and calibration of each input. */
function makersTable(rows: readonly Row[]): string {
  return table(
    ['input', 'cm', 'exact', '± 1', 'mean confidence', 'calibration error', 'by chance'],
    rows.map(({ name, judged }) => {
      const { error, byChance } = calibration(judged);
      const stated = judged.reduce((sum, { confidence }) => sum + (confidence ?? 0), 0);
      return [
        name,
        maeOf(judged),
        percent(withinSizes(judged, 0)),
        percent(withinSizes(judged, 1)),
        percent(stated / judged.length),
        error.toFixed(3),
        byChance.toFixed(3),
      ];
    }),
  );
}

function byMakerTable(rows: readonly Row[]): string {
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

/** Mean shift against the same people at 3.2 m and 1.1 m. */
function camerasTable(judged: readonly Judged[], { cameras }: SizingData): string {
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

/** How often a variant of a photo gets another size than the photo. */
function flipTable(photos: Judge, variants: Judge): string {
  return table(
    ['input', 'sizes that change'],
    TOLD.map(({ name, told }) => {
      const size = new Map(photos(told, true).map((one) => [one.person.file, one.sizeError]));
      const edited = variants(told, true);
      const flips = edited.filter(({ person, sizeError }) => sizeError !== size.get(person.file));
      return [`photo + ${name}`, percent(flips.length / edited.length)];
    }),
  );
}

function maeOf(judged: readonly Judged[]): string {
  return errorsOf(judged)
    .map(({ mae }) => mae.toFixed(1))
    .join(' / ');
}

function accuracyTable(rows: readonly Row[]): string {
  return table(
    [
      'input',
      'undressed cm',
      'exact',
      '± 1',
      'dressed cm',
      'exact',
      '± 1',
      'all cm',
      'exact',
      '± 1',
    ],
    rows.map(({ name, judged }) => [
      name,
      ...kinds(judged).flatMap((part) => [
        errorsOf(part)
          .map(({ mae }) => mae.toFixed(1))
          .join(' / '),
        percent(withinSizes(part, 0)),
        percent(withinSizes(part, 1)),
      ]),
    ]),
  );
}

function honestyTable(rows: readonly Row[]): string {
  return table(
    ['input', 'chest', 'waist', 'hip', 'mean confidence', 'hits', 'calibration error', 'by chance'],
    rows.map(({ name, judged }) => {
      const { error, byChance } = calibration(judged);
      const stated = judged.reduce((sum, { confidence }) => sum + (confidence ?? 0), 0);
      return [
        name,
        ...(['chest', 'waist', 'hip'] as const).map((girth) => standardised(judged, girth)),
        percent(stated / judged.length),
        percent(withinSizes(judged, 0)),
        error.toFixed(3),
        byChance.toFixed(3),
      ];
    }),
  );
}

function standardised(judged: readonly Judged[], girth: 'chest' | 'waist' | 'hip'): string {
  const squares = judged.map(({ errors, sd }) => (errors[girth] / (sd?.[girth] ?? 1)) ** 2);
  return Math.sqrt(squares.reduce((sum, value) => sum + value, 0) / squares.length).toFixed(2);
}

function photoCheckSummary({ judged }: SizingData): string {
  const good = judged.filter(({ usable }) => usable);
  const accepted = good.filter(({ photo }) => checkPhoto(photo).length === 0);
  const bad = judged.filter(({ usable }) => !usable);
  const rows = bad.map(({ file, strict, reasons, photo }) => [
    `${file}${strict ? '' : ' (borderline)'}`,
    reasons.join(' or ') || '(none of the list)',
    checkPhoto(photo)
      .map(({ reason }) => reason)
      .join(', ') || 'accepted',
  ]);
  const strict = bad.filter((one) => one.strict);
  const right = strict.filter(({ photo, reasons }) =>
    checkPhoto(photo).some(({ reason }) => reasons.includes(reason)),
  );
  return [
    `Usable photos accepted: ${accepted.length} of ${good.length}. Unusable ones refused for a right reason: ${right.length} of ${strict.length} (not counting the borderline ones). The limits were chosen with these pictures in view, with a margin.`,
    table(['picture', 'should say', 'says'], rows),
  ].join('\n\n');
}

async function editsTable({ judged }: SizingData): Promise<string> {
  const models = await loadPoseModels(join(import.meta.dirname, '../models'));
  const chosen = judged
    .filter(({ usable, set }) => usable && set !== MANY)
    .filter((_, i) => i % EVERY_NTH_EDITED === 0)
    .map(({ file, set, photo }) => ({ path: join(folder, set, 'images', file), photo }));
  const results = await judgeEdits(models, chosen);
  return table(
    ['edit', 'expected', 'right'],
    results.map(({ what, expected, photos, right }) => [what, expected, `${right} of ${photos}`]),
  );
}

/** Undressed, dressed, everybody. */
function kinds(judged: readonly Judged[]): readonly (readonly Judged[])[] {
  return [
    judged.filter(({ person }) => !person.dressed),
    judged.filter(({ person }) => person.dressed),
    judged,
  ];
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}
