/** The report on the data sets, docs/sizing-accuracy.md. No person is judged by coefficients fitted on them. */
import type { PhotographedPerson, SizingData } from '../fit-sizing/people.ts';
import { aimsTable } from './aims.ts';
import { GIVEN_INPUTS, honestyTable, inputsTable } from './answers.ts';
import { editsText, photoCheckSummary } from './check.ts';
import { crossValidate, type Judge, judgeClassic, judgeConstant, leaveMakerOut } from './judge.ts';
import { populationWeights } from './population-weights.ts';
import { sizeChangesOf, sizeChangesTable } from './size-changes.ts';
import {
  accuracyTable,
  byBodyMassTable,
  byMakerTable,
  camerasTable,
  type Row,
  withoutBias,
} from './tables.ts';
import {
  AIMS,
  BODY_MASS,
  CAMERAS,
  EDITS,
  FLOOR,
  HELP,
  LIMITS,
  METHOD,
  olderKindsText,
  populationText,
  REAL,
  REPORTED_HEIGHTS,
  UNSEEN,
} from './text.ts';

const REPORTED_ROWS = ['photo + height', 'photo + height + weight + sex'];
const MAIN_ROWS = ['height', 'height + weight + sex', ...REPORTED_ROWS];

/** The page; `folder` is where the data sets are. */
export async function reportOnData(data: SizingData, folder: string): Promise<string> {
  const unseen = leaveMakerOut(data);
  const { photos, reportedHeights, cameras, fitFor } = crossValidate(data);
  const [ofUnseen, ofOlder] = [rowsOf(unseen), rowsOf(photos)];
  const [people, older] = [peopleOf(ofUnseen), peopleOf(ofOlder)];
  const sizeChanges = sizeChangesOf({ photos: older, variants: data.variants }, fitFor);
  const likePopulation = populationWeights(people, data.taped);
  const population = ofUnseen.map((row) => weighted(row, likePopulation.weights));
  const byPhoto = ofOlder.find(({ name }) => name === 'photo + height')?.judged ?? [];
  const baselines = [
    { name: 'constant answer', judged: judgeConstant(data, older) },
    { name: 'classic (photo + height)', judged: judgeClassic(older) },
  ];
  return `${[
    METHOD,
    '## On real people',
    REAL,
    '## Aims',
    AIMS,
    aimsTable({ unseen: ofUnseen, population, older: ofOlder, sizeChanges }),
    '## A kind of clothes and cameras that was not fitted on',
    UNSEEN,
    inputsTable(ofUnseen),
    '### The same photos, weighted as in a population',
    populationText(likePopulation),
    inputsTable(population.filter(({ name }) => MAIN_ROWS.includes(name))),
    '### By maker, photo + height against height, and with weight and sex',
    byMakerTable(ofUnseen),
    '### By body mass, mean errors',
    BODY_MASS,
    byBodyMassTable(ofUnseen),
    '### What the error is made of',
    FLOOR,
    '### What would help',
    HELP,
    '## The two older kinds, cross-validated',
    olderKindsText({
      undressed: withoutBias(byPhoto.filter(({ person }) => !person.dressed)),
      dressed: withoutBias(byPhoto.filter(({ person }) => person.dressed)),
    }),
    accuracyTable([...baselines, ...ofOlder.filter(({ name }) => MAIN_ROWS.includes(name))]),
    '### With self-reported heights',
    REPORTED_HEIGHTS,
    accuracyTable(rowsOf(reportedHeights).filter(({ name }) => REPORTED_ROWS.includes(name))),
    '### Is the stated uncertainty true?',
    'Error divided by the stated standard deviation, root mean square (1 is right, more is overconfident), and the calibration error of the confidence (five bins).',
    honestyTable(ofOlder.filter(({ name }) => REPORTED_ROWS.includes(name))),
    '## Where the camera stands',
    CAMERAS,
    camerasTable(cameras([], true), data),
    '## The same photo, edited harmlessly',
    EDITS,
    sizeChangesTable(sizeChanges),
    '## Photo check',
    photoCheckSummary(data),
    await editsText(data, folder),
    LIMITS,
  ].join('\n\n')}\n`;
}

/** Every set of inputs, without and with the photo. */
function rowsOf(judge: Judge): Row[] {
  return [
    ...GIVEN_INPUTS.map(({ name, given }) => ({ name, judged: judge(given, false) })),
    ...GIVEN_INPUTS.map(({ name, given }) => ({
      name: `photo + ${name}`,
      judged: judge(given, true),
    })),
  ];
}

/** The same answers, each counting as much as its weight says. */
function weighted({ name, judged }: Row, weights: readonly number[]): Row {
  return { name, judged: judged.map((one, i) => ({ ...one, weight: weights[i] ?? 0 })) };
}

function peopleOf(rows: readonly Row[]): PhotographedPerson[] {
  return (rows[0]?.judged ?? []).map(({ person }) => person);
}
