/** Reads the data that the sizing is fitted and judged on: tape-measured people and rendered photos of people. */
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { estimatePose } from '../../src/adapters/mediapipe/estimate-pose.ts';
import { loadPoseModels, type PoseSessions, sha256 } from '../../src/adapters/mediapipe/models.ts';
import type { PhotoObservation } from '../../src/pose.ts';
import { checkPhoto } from '../../src/sizing/photo-check.ts';
import { MANY, type PersonRecord, recordsIn } from '../data-sets.ts';
import { MODEL_FOLDER } from '../pose-models.ts';
import { remembered } from '../remembered.ts';
import { FOLDS, type SizingData } from './people.ts';
import { photoVariants, VARIANTS } from './photo-variants.ts';
import { cameraPhoto, judgedPhoto, measured } from './records.ts';
import { parseTaped } from './taped.ts';

const TAPED_FILE = 'anthropometry/ansur-train.csv';
const PHOTO_SETS = ['people', 'people-dressed'] as const;

/** Poses of photos are kept in the folder SIZING_CACHE where it is set, since 3,000 take most of an hour. Delete it when the pose engine changes. */
function cached(key: string, make: () => Promise<PhotoObservation>): Promise<PhotoObservation> {
  const folder = process.env.SIZING_CACHE;
  return remembered(folder === undefined ? null : join(folder, key), make);
}

type Photos = { -readonly [K in 'photographed' | 'variants' | 'judged']: SizingData[K][number][] };

/** Everything, photos included; their poses come from the worker's own pose engine. */
export async function readSizingData(folder: string): Promise<SizingData> {
  const models = await loadPoseModels(MODEL_FOLDER);
  const csv = await readFile(join(folder, TAPED_FILE));
  const checksums: Record<string, string> = { [TAPED_FILE]: sha256(csv) };
  const photos: Photos = { photographed: [], variants: [], judged: [] };
  for (const set of PHOTO_SETS) {
    const list = await readFile(join(folder, set, 'people.json'));
    checksums[`${set}/people.json`] = sha256(list);
    await readOlderSet(join(folder, set), list, models, photos);
  }
  const many = async (name: string) => {
    const list = await readFile(join(folder, MANY, name));
    checksums[`${MANY}/${name}`] = sha256(list);
    return readMany(join(folder, MANY), list, models);
  };
  for (const { person, photo } of await many('people.jsonl')) {
    photos.judged.push(judgedPhoto(MANY, person, photo));
    if (checkPhoto(photo).length === 0) photos.photographed.push(measured(person, photo));
  }
  const grid = await many('cameras.jsonl');
  const cameras = grid.map(({ person, photo }) => cameraPhoto(person, photo));
  return { taped: parseTaped(csv.toString()), ...photos, cameras, checksums };
}

/** A set of one photo a person, of which variants are made. */
async function readOlderSet(
  folder: string,
  list: Buffer,
  models: PoseSessions,
  { photographed, variants, judged }: Photos,
): Promise<void> {
  const set = basename(folder) as (typeof PHOTO_SETS)[number];
  const { people } = JSON.parse(list.toString()) as { people: PersonRecord[] };
  for (const [seed, person] of people.entries()) {
    const bytes = await readFile(join(folder, 'images', person.file));
    const key = `${set}:${person.file}`;
    const photo = await cached(key, () => estimatePose(models, bytes));
    judged.push(judgedPhoto(set, person, photo));
    if (person.role !== 'positive') continue;
    const shown = { ...person, fold: photographed.length % FOLDS, kind: set };
    photographed.push(measured(shown, photo));
    const edited = lazily(() => photoVariants(bytes, seed));
    for (let i = 0; i < VARIANTS; i += 1) {
      const seen = await cached(`${key}#${i}`, async () =>
        estimatePose(models, (await edited())[i] ?? bytes),
      );
      // A few of the smallest and most blurred are not recognised any more.
      if (seen.pose !== null) variants.push(measured(shown, seen));
    }
  }
}

/** A set of many photos, one a line of the list. */
async function readMany(
  folder: string,
  list: Buffer,
  models: PoseSessions,
): Promise<{ person: PersonRecord; photo: PhotoObservation }[]> {
  const photos: { person: PersonRecord; photo: PhotoObservation }[] = [];
  for (const person of recordsIn(list)) {
    const photo = await cached(`${MANY}:${person.file}`, async () =>
      estimatePose(models, await readFile(join(folder, 'images', person.file))),
    );
    photos.push({ person, photo });
  }
  return photos;
}

/** Makes a thing when it is first asked for. */
function lazily<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | null = null;
  return () => {
    made ??= make();
    return made;
  };
}
