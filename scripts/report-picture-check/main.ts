/**
 * `npm run report:picture-check`: judges the check of the person's photo and the picture check on
 * the people of `SHARED_DATA`, with planted faults and harmless edits, and writes
 * docs/picture-check.md. The first run takes an hour on two cores; `.cache/picture-check` remembers.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { loadPoseModels } from '../../src/adapters/mediapipe/models.ts';
import { viewPicture } from '../../src/adapters/mediapipe/view-picture.ts';
import { checkPerson } from '../../src/picture-check/check-person.ts';
import { checkPicture } from '../../src/picture-check/check-picture.ts';
import type { Verdict } from '../../src/ports/picture-views.ts';
import { sharedDataFolder } from '../data-sets.ts';
import { percent, table } from '../markdown-table.ts';
import { MODEL_FOLDER } from '../pose-models.ts';
import { type Case, pictureCases, SAME_SCENE } from './cases.ts';
import { dressed, garmentFor, SIZE } from './dressed.ts';
import { differentPeople } from './people.ts';
import { type PersonCase, personCases } from './person-cases.ts';
import { CHECKS, LIMITS, OTHERS, PERSON, PICTURES } from './text.ts';

const MEASURES = ['garments', 'scene', 'spot', 'zoom', 'cut', 'pose', 'face'] as const;

const OUTPUT = join(import.meta.dirname, '../../docs/picture-check.md');

/** A case and what the check says; null where there is nothing to compare with. */
interface Judged extends Case {
  readonly verdict: Verdict | null;
}

const data = sharedDataFolder(process.env);
const judged = await judgeAll(data);
const people: PersonCase[] = [];
for await (const each of personCases(data)) people.push(each);
await writeFile(OUTPUT, await report());
console.log(OUTPUT);

async function judgeAll(folder: string): Promise<Judged[]> {
  const all: Judged[] = [];
  for await (const each of pictureCases(folder)) {
    const { person, result } = each;
    const isComparable = person.person !== null && result !== null;
    all.push({ ...each, verdict: isComparable ? checkPicture(person, result, SIZE) : null });
  }
  return all;
}

async function report(): Promise<string> {
  const parts = [
    CHECKS,
    '## Pictures, measured',
    PICTURES,
    '### Planted faults',
    faultsTable(),
    '### Good pictures',
    goodTable(),
    '### What the measures say',
    'Lowest, 1 %, median, 99 % and highest value.',
    measuresTable(),
    await costLine(),
    OTHERS,
    '## Photos of the person, measured',
    PERSON,
    peopleTable(),
    LIMITS,
  ];
  return `${parts.join('\n\n')}\n`;
}

function isRefused({ verdict }: Judged): boolean {
  return verdict !== null && verdict.refusal !== null;
}

/** The findings of some cases, most frequent first. */
function findingsOf(cases: readonly Judged[]): string {
  const counts = new Map<string, number>();
  for (const finding of cases.flatMap(({ verdict }) => verdict?.findings ?? [])) {
    counts.set(finding, (counts.get(finding) ?? 0) + 1);
  }
  const sorted = [...counts].sort(([, one], [, other]) => other - one);
  return sorted.map(([finding, count]) => `\`${finding}\` ${count}`).join(', ') || '–';
}

function faultsTable(): string {
  const faults = judged.filter(({ isGood }) => !isGood);
  const kinds = [...Map.groupBy(faults, ({ kind }) => kind)];
  const planted = faults.filter(({ kind }) => kind !== SAME_SCENE);
  const row = (name: string, cases: readonly Judged[], found: string) => {
    const caught = cases.filter(isRefused).length;
    return [name, cases.length, caught, percent(caught / cases.length, 1), found];
  };
  return table(
    ['planted', 'pictures', 'refused', 'share', 'findings'],
    [
      ...kinds.map(([kind, cases]) => row(kind, cases, findingsOf(cases))),
      row(`**all but "${SAME_SCENE}"**`, planted, ''),
    ],
  );
}

function goodTable(): string {
  const good = judged.filter(({ isGood }) => isGood);
  const kinds = [...Map.groupBy(good, ({ kind }) => kind)];
  const row = (name: string, cases: readonly Judged[]) => {
    const compared = cases.filter(({ verdict }) => verdict !== null);
    const refused = cases.filter(isRefused).length;
    const share = percent(refused / cases.length, 1);
    return [name, cases.length, cases.length - compared.length, refused, share, findingsOf(cases)];
  };
  return table(
    ['picture', 'pictures', 'not compared', 'refused', 'share', 'findings'],
    [...kinds.map(([kind, cases]) => row(kind, cases)), row('**all**', good)],
  );
}

function measuresTable(): string {
  const groups = Map.groupBy(judged, ({ isGood, kind }) => (isGood ? 'good' : kind));
  const shown = [
    'good',
    'unchanged',
    'another person',
    SAME_SCENE,
    'two people',
    'mirrored',
    'cut off',
  ];
  return table(
    ['pictures', ...MEASURES, 'mirror image / photo'],
    shown.map((name) => {
      const all = (groups.get(name) ?? []).flatMap(({ verdict }) =>
        verdict === null ? [] : [verdict.measures],
      );
      const mirror = all.map(({ kept, keptMirrored }) =>
        kept ? (keptMirrored ?? 0) / kept : null,
      );
      const columns = MEASURES.map((measure) => all.map((measures) => measures[measure] ?? null));
      return [name, ...[...columns, mirror].map(spread)];
    }),
  );
}

function spread(values: readonly (number | null)[]): string {
  const sorted = values.filter((value) => value !== null).sort((one, other) => one - other);
  const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))] ?? Number.NaN;
  return [0, 0.01, 0.5, 0.99, 1].map((share) => at(share).toFixed(2)).join(' ');
}

/** The check's processor time for a picture of 1024x1536, decoding included. */
async function costLine(): Promise<string> {
  const sessions = await loadPoseModels(MODEL_FOLDER);
  const [someone] = await differentPeople(data, 1);
  if (someone === undefined) throw new Error(`no people in ${data}`);
  const person = await viewPicture(sessions, someone.jpeg);
  const small = await dressed(someone.jpeg, await garmentFor(0));
  const picture = await sharp(small).resize(1024, 1536).jpeg({ quality: 90 }).toBuffer();
  const times: number[] = [];
  for (let run = 0; run < 25; run += 1) {
    const from = process.threadCpuUsage();
    const view = await viewPicture(sessions, picture);
    checkPicture(person, view, '1024x1536');
    const { user, system } = process.threadCpuUsage(from);
    times.push((user + system) / 1000);
  }
  times.sort((one, other) => one - other);
  return `A check of a picture of 1024x1536 took ${times[12]?.toFixed(0)} ms of processor time of its pose thread (median of 25 after each other; lowest ${times[0]?.toFixed(0)} ms).`;
}

function peopleTable(): string {
  const kinds = Map.groupBy(
    people,
    ({ kind, isUsable }) => `${isUsable ? '' : 'no person: '}${kind}`,
  );
  const row = (name: string, cases: readonly PersonCase[]) => {
    const refused = cases.filter(({ view }) => checkPerson(view) !== null);
    const reasons = [...Map.groupBy(refused, ({ view }) => checkPerson(view))].map(
      ([reason, some]) => `\`${reason}\` ${some.length}`,
    );
    const share = percent(refused.length / cases.length, 1);
    return [name, cases.length, refused.length, share, reasons.join(', ') || '–'];
  };
  const usable = people.filter(({ isUsable }) => isUsable);
  return table(
    ['photo', 'photos', 'refused', 'share', 'reasons'],
    [...[...kinds].map(([kind, cases]) => row(kind, cases)), row('**all usable**', usable)],
  );
}
