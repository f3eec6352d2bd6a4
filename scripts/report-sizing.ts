/**
 * `npm run report:sizing`: judges the sizing on the data sets in `SHARED_DATA` and writes
 * docs/sizing-accuracy.md. Nobody is judged by coefficients that were fitted on them.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadPoseModels } from '../src/adapters/mediapipe/models.ts';
import { checkPhoto } from '../src/sizing/photo-check.ts';
import { readSizingData, type SizingData, sharedDataFolder } from './fit-sizing-data.ts';
import { aimRows } from './report-sizing-aims.ts';
import { judgeEdits } from './report-sizing-edits.ts';
import {
  calibration,
  crossValidate,
  errorsOf,
  fitFolds,
  type Judged,
  judgeClassic,
  judgeConstant,
  type Told,
  withinSizes,
} from './report-sizing-judge.ts';
import { LIMITS, METHOD, OTHERWISE } from './report-sizing-text.ts';

const OUTPUT = join(import.meta.dirname, '../docs/sizing-accuracy.md');
const EVERY_NTH_EDITED = 5;

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
  const folds = fitFolds(from);
  const answers = (told: Told, usePhoto: boolean) =>
    crossValidate(from.photographed, folds, { data: from, told, usePhoto });
  const withPhoto = TOLD.map(({ name, told }) => ({
    name: `photo + ${name}`,
    judged: answers(told, true),
  }));
  const everyPhoto = [...from.photographed, ...from.variants];
  const taken = TOLD.map(({ name, told }) => ({
    name: `photo + ${name}`,
    judged: crossValidate(everyPhoto, folds, { data: from, told, usePhoto: true }),
  }));
  const baselines = [
    { name: 'constant answer', judged: judgeConstant(from) },
    { name: 'classic (photo + height)', judged: judgeClassic(from) },
    ...TOLD.map(({ name, told }) => ({ name, judged: answers(told, false) })),
  ];
  return `${[
    METHOD,
    '## Errors and sizes',
    'Mean absolute error in cm of chest / waist / hip, and share of recommended sizes that are right or at most one off.',
    accuracyTable([...baselines, ...withPhoto]),
    '### Aims',
    'What was to be reached, on people who were not fitted on. One undressed person more or less is 1.7 points, one dressed person 2.5.',
    table(
      ['measured', 'aim', 'reached', 'enough'],
      aimRows(judgedOf(withPhoto, 0), judgedOf(withPhoto, 3)),
    ),
    '## Bias and spread',
    'Mean error (answer minus truth) ± standard deviation of the error, cm.',
    spreadTable([...baselines, ...withPhoto]),
    '## Is the stated uncertainty true?',
    'Error divided by the stated standard deviation, root mean square over all 100 people (1 is right, more is overconfident), and the calibration error of the confidence (five bins). With so few people a perfectly honest confidence would show about the error in the last column by chance.',
    honestyTable(withPhoto),
    `### Confidence against hits, photo + height`,
    calibrationTable(withPhoto[0]?.judged ?? []),
    '### The same, all five kinds of input together (500 answers about 100 people)',
    calibrationTable(withPhoto.flatMap(({ judged }) => judged)),
    '## The same people, photographed otherwise',
    OTHERWISE,
    accuracyTable(taken),
    `### Confidence against hits, photo + height, ${everyPhoto.length} photos of ${from.photographed.length} people`,
    calibrationTable(taken[0]?.judged ?? []),
    '## Photo check',
    photoCheckSummary(from),
    'The same check on usable photos (every fifth) that were edited:',
    await editsTable(from),
    LIMITS,
  ].join('\n\n')}\n`;
}

function judgedOf(rows: readonly Row[], index: number): readonly Judged[] {
  return rows[index]?.judged ?? [];
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

function spreadTable(rows: readonly Row[]): string {
  return table(
    ['input', 'undressed', 'dressed'],
    rows.map(({ name, judged }) => [
      name,
      ...kinds(judged)
        .slice(0, 2)
        .map((part) =>
          errorsOf(part)
            .map(({ bias, sd }) => `${bias.toFixed(1)} ± ${sd.toFixed(1)}`)
            .join(' / '),
        ),
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

function calibrationTable(judged: readonly Judged[]): string {
  const { rows, error, byChance } = calibration(judged);
  return `${table(
    ['confidence', 'answers', 'stated', 'right'],
    rows.map(({ from, to, count, stated, right }) => [
      `${from.toFixed(1)} – ${to.toFixed(1)}`,
      String(count),
      percent(stated),
      percent(right),
    ]),
  )}\n\nExpected calibration error ${error.toFixed(3)} (by chance about ${byChance.toFixed(3)}).`;
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

async function editsTable({ photographed }: SizingData): Promise<string> {
  const models = await loadPoseModels(join(import.meta.dirname, '../models'));
  const chosen = photographed
    .filter((_, i) => i % EVERY_NTH_EDITED === 0)
    .map(({ file, dressed, photo }) => ({
      path: join(folder, dressed ? 'people-dressed' : 'people', 'images', file),
      photo,
    }));
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
