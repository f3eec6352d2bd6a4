/**
 * Reads a folder with photos of people who were measured with a tape; their poses come from the
 * worker's own pose engine. The format: docs/development-guide.md.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { estimatePose } from '../../src/adapters/mediapipe/estimate-pose.ts';
import { loadPoseModels } from '../../src/adapters/mediapipe/models.ts';
import { TaskError } from '../../src/errors.ts';
import { figuresIn } from '../../src/sizing/figure.ts';
import type { Sex } from '../../src/sizing/person.ts';
import { checkPhoto } from '../../src/sizing/photo-check.ts';
import { photoEvidence } from '../../src/sizing/photo-evidence.ts';
import { MODEL_FOLDER } from '../pose-models.ts';
import type { MeasuredPerson } from './judge.ts';

const MEASUREMENTS_FILE = 'measurements.csv';

/** What is wrong with the folder, a line each. */
export class PeopleError extends Error {
  override readonly name = 'PeopleError';
}

export interface OwnPeople {
  readonly measured: readonly MeasuredPerson[];
  /** Photos that the photo check refuses, with its reasons. */
  readonly refused: readonly { readonly file: string; readonly reasons: readonly string[] }[];
  /** People with a photo from the side; no estimate uses it yet (decision 38). */
  readonly withSide: number;
}

/** A line of the file; `side`, weight, sex and age may be empty. */
interface Line {
  readonly front: string;
  readonly side: string;
  readonly person: Omit<MeasuredPerson, 'evidence'>;
}

/** Column → least and most. */
const NUMBERS = {
  height_cm: [100, 250],
  chest_cm: [40, 200],
  waist_cm: [40, 200],
  hip_cm: [40, 200],
  weight_kg: [30, 250],
  age: [18, 100],
} as const;
type NumberColumn = keyof typeof NUMBERS;
const REQUIRED = ['front', 'height_cm', 'chest_cm', 'waist_cm', 'hip_cm'] as const;
const OPTIONAL = ['side', 'weight_kg', 'sex', 'age'] as const;
const MOST_PROBLEMS = 20;

/** Throws a PeopleError that lists what is wrong with the folder. */
export async function readPeople(folder: string): Promise<OwnPeople> {
  const text = await readFile(join(folder, MEASUREMENTS_FILE), 'utf8').catch((error: Error) => {
    throw new PeopleError(`${join(folder, MEASUREMENTS_FILE)} cannot be read: ${error.message}`);
  });
  const lines = parseMeasurements(text);
  const models = await loadPoseModels(MODEL_FOLDER);
  const measured: MeasuredPerson[] = [];
  const refused: { file: string; reasons: readonly string[] }[] = [];
  for (const { front, side, person } of lines) {
    if (side !== '') await readPhoto(folder, side);
    const photo = await estimatePose(models, await readPhoto(folder, front)).catch((error) => {
      if (!(error instanceof TaskError)) throw error;
      throw new PeopleError(`${front} is no usable picture: ${error.detail ?? error.code}`);
    });
    const figures = figuresIn(photo);
    const reasons = checkPhoto(photo).map(({ reason }) => reason);
    const evidence = figures && photoEvidence(figures, person.heightCm);
    if (reasons.length > 0 || evidence === null) refused.push({ file: front, reasons });
    else measured.push({ ...person, evidence });
  }
  return { measured, refused, withSide: lines.filter(({ side }) => side !== '').length };
}

async function readPhoto(folder: string, file: string): Promise<Buffer> {
  return readFile(join(folder, file)).catch((error: Error) => {
    throw new PeopleError(`the photo ${file} cannot be read: ${error.message}`);
  });
}

/** The lines of the file: a header, then one person a line, separated by commas, without quotes. */
export function parseMeasurements(text: string): Line[] {
  const [header = '', ...rows] = text
    .replace(/^\uFEFF/, '')
    .trim()
    .split(/\r?\n/);
  const columns = header.split(',').map((name) => name.trim());
  const known: readonly string[] = [...REQUIRED, ...OPTIONAL];
  const missing = REQUIRED.filter((name) => !columns.includes(name));
  const unknown = columns.filter((name) => !known.includes(name));
  const problems = [
    ...missing.map((name) => `the column ${name} is missing`),
    ...unknown.map((name) => `the column "${name}" is not known: ${known.join(', ')}`),
    ...(rows.length === 0 ? ['there is no person in it'] : []),
  ];
  if (problems.length > 0) throw problemsIn(problems);
  const lines = rows.map((row, i) => parseLine(row, columns, i + 2));
  const wrong = lines.flatMap(({ problems }) => problems);
  if (wrong.length > 0) throw problemsIn(wrong);
  return lines.map(({ line }) => line);
}

function problemsIn(problems: readonly string[]): PeopleError {
  const shown = problems
    .slice(0, MOST_PROBLEMS)
    .map((problem) => `${MEASUREMENTS_FILE}: ${problem}`);
  const more = problems.length - shown.length;
  return new PeopleError([...shown, ...(more > 0 ? [`and ${more} more`] : [])].join('\n'));
}

function parseLine(row: string, columns: readonly string[], number: number) {
  const cells = row.split(',').map((cell) => cell.trim());
  const problems: string[] = [];
  const addProblem = (what: string) => problems.push(`line ${number}: ${what}`);
  if (cells.length !== columns.length) {
    addProblem(`${cells.length} cells under ${columns.length} columns`);
  }
  const cell = (name: string) => cells[columns.indexOf(name)] ?? '';
  const numberIn = (name: NumberColumn): number => {
    const [least, most] = NUMBERS[name];
    const value = Number(cell(name) === '' ? Number.NaN : cell(name));
    if (!(value >= least && value <= most)) {
      addProblem(`${name} is "${cell(name)}", not a number from ${least} to ${most}`);
    }
    return value;
  };
  const numberIfAny = (name: NumberColumn) => (cell(name) === '' ? undefined : numberIn(name));
  if (cell('front') === '') addProblem('front names no photo');
  if (!['', 'female', 'male'].includes(cell('sex'))) {
    addProblem(`sex is "${cell('sex')}", neither female nor male nor empty`);
  }
  const line: Line = {
    front: cell('front'),
    side: cell('side'),
    person: {
      heightCm: numberIn('height_cm'),
      chest: numberIn('chest_cm'),
      waist: numberIn('waist_cm'),
      hip: numberIn('hip_cm'),
      weightKg: numberIfAny('weight_kg'),
      ageYears: numberIfAny('age'),
      sex: cell('sex') === '' ? undefined : (cell('sex') as Sex),
    },
  };
  return { line, problems };
}
