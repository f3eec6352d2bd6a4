/** Reads the data that the sizing is fitted and judged on: tape-measured people and rendered photos of people. */
import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import { deflateSync, inflateSync } from 'node:zlib';
import { estimatePose } from '../src/adapters/mediapipe/estimate-pose.ts';
import { loadPoseModels } from '../src/adapters/mediapipe/models.ts';
import type { PhotoObservation } from '../src/pose.ts';
import type { Sex } from '../src/sizing/body-estimate.ts';
import type { PhotoEvidence } from '../src/sizing/body-posterior.ts';
import { type Figures, figuresIn } from '../src/sizing/figure.ts';
import { checkPhoto } from '../src/sizing/photo-check.ts';
import { photoEvidence } from '../src/sizing/photo-evidence.ts';
import { photoVariants, VARIANTS } from './photo-variants.ts';

/** Somebody whose body is known. cm, kg, years; height and weight as the person tells them, where that is known. */
export interface KnownPerson {
  readonly sex: Sex;
  readonly heightCm: number;
  readonly weightKg: number;
  readonly ageYears: number;
  readonly chest: number;
  /** At the navel. */
  readonly waist: number;
  readonly hip: number;
  /** Breadth over both upper arms. */
  readonly bideltoid: number;
  readonly waistBreadth: number;
  readonly hipBreadth: number;
  readonly inseam: number;
}

export interface TapedPerson extends KnownPerson {
  readonly biacromial: number;
}

/** One photo of somebody known. */
export interface PhotographedPerson extends KnownPerson {
  /** Of the original photo, also where this is a variant of it. */
  readonly file: string;
  /** Who made the clothes and cameras of the picture. */
  readonly maker: Maker;
  readonly dressed: boolean;
  /** Barefoot, cm. */
  readonly statureCm: number;
  /** Everyone of a fold is in all photos of it. */
  readonly fold: number;
  /** Pixels a cm at the depth of the trunk, where the camera is known. */
  readonly pxPerCm: { readonly chest: number; readonly hip: number } | null;
  readonly figures: Figures;
  /** What is measured in the photo. */
  readonly evidence: PhotoEvidence;
}

/** A picture of `people` or `people-dressed` with what the photo check should say. */
export interface JudgedPhoto {
  /** The folder of the data that it is of. */
  readonly set: string;
  readonly file: string;
  readonly usable: boolean;
  /** False for borderline pictures that a check may accept or refuse. */
  readonly strict: boolean;
  readonly reasons: readonly string[];
  readonly heightCm: number;
  readonly photo: PhotoObservation;
}

export const MAKERS = [
  'painted',
  'fitted',
  'shell',
  'loft',
  'hoodie',
  'jacket',
  'skirt',
  'people',
  'people-dressed',
] as const;
export type Maker = (typeof MAKERS)[number];

export interface SizingData {
  readonly taped: readonly TapedPerson[];
  readonly photographed: readonly PhotographedPerson[];
  /** The same people in the same photos, taken otherwise: to fit on, not to judge. */
  readonly variants: readonly PhotographedPerson[];
  readonly judged: readonly JudgedPhoto[];
  /** Twelve people from twenty cameras each: to judge, not to fit on. */
  readonly cameras: readonly CameraPhoto[];
  /** File (relative to the data folder) → SHA-256 in hex. */
  readonly checksums: Readonly<Record<string, string>>;
}

export interface CameraPhoto extends PhotographedPerson {
  readonly camera: {
    readonly distanceM: number;
    readonly heightM: number;
    readonly yawDegrees: number;
  };
  readonly body: number;
}

interface PersonRecord {
  file: string;
  role: string;
  strict: boolean;
  reasons: string[];
  sex: Sex;
  age_years: number;
  stature_cm: number;
  weight_kg: number;
  told_height_cm?: number;
  told_weight_kg?: number;
  fold?: number;
  kind?: Maker;
  dressed?: boolean;
  grid?: { body: number; distance_m: number; height_m: number; yaw_deg: number };
  silhouette?: { chest: { px_per_cm: number }; hip: { px_per_cm: number } };
  girths_cm: { chest: number; waist_navel: number; hip: number };
  breadths_cm: { bideltoid: number; waist_navel: number; hip: number };
  heights_cm: { crotch: number };
}

const TAPED_FILE = 'anthropometry/ansur-train.csv';
const PHOTO_SETS = ['people', 'people-dressed'] as const;
export const MANY = 'people-many';
/** People of the older sets in turn, as many folds as `people-many` has. */
export const FOLDS = 5;

/** The folder with the data sets: `SHARED_DATA`, or ../shared/data beside the project. */
export function sharedDataFolder(env: NodeJS.ProcessEnv): string {
  return env.SHARED_DATA ?? join(import.meta.dirname, '../../shared/data');
}

/** Everything, photos included; those are looked at by the service's own pose engine. */
export async function readSizingData(folder: string): Promise<SizingData> {
  const models = await loadPoseModels(join(import.meta.dirname, '../models'));
  const csv = await readFile(join(folder, TAPED_FILE));
  const checksums: Record<string, string> = { [TAPED_FILE]: sha256(csv) };
  const photographed: PhotographedPerson[] = [];
  const variants: PhotographedPerson[] = [];
  const judged: JudgedPhoto[] = [];
  for (const set of PHOTO_SETS) {
    const list = await readFile(join(folder, set, 'people.json'));
    checksums[`${set}/people.json`] = sha256(list);
    const { people } = JSON.parse(list.toString()) as { people: PersonRecord[] };
    for (const [seed, person] of people.entries()) {
      const bytes = await readFile(join(folder, set, 'images', person.file));
      const key = `${set}:${person.file}`;
      const photo = await remembered(key, () => estimatePose(models, bytes));
      judged.push(judgedPhoto(set, person, photo));
      if (person.role !== 'positive') continue;
      const shown = { ...person, fold: photographed.length % FOLDS, kind: set };
      photographed.push(measured(shown, photo));
      const edited = lazily(() => photoVariants(bytes, seed));
      for (let i = 0; i < VARIANTS; i += 1) {
        const seen = await remembered(`${key}#${i}`, async () =>
          estimatePose(models, (await edited())[i] ?? bytes),
        );
        // A few of the smallest and most blurred are not recognised any more.
        if (seen.pose !== null) variants.push(measured(shown, seen));
      }
    }
  }
  const many = async (list: string) => {
    const lines = await readFile(join(folder, MANY, list));
    checksums[`${MANY}/${list}`] = sha256(lines);
    const records = lines
      .toString()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as PersonRecord);
    const photos: { person: PersonRecord; photo: PhotoObservation }[] = [];
    for (const person of records) {
      const photo = await remembered(`${MANY}:${person.file}`, async () =>
        estimatePose(models, await readFile(join(folder, MANY, 'images', person.file))),
      );
      photos.push({ person, photo });
    }
    return photos;
  };
  for (const { person, photo } of await many('people.jsonl')) {
    judged.push(judgedPhoto(MANY, person, photo));
    if (checkPhoto(photo).length === 0) photographed.push(measured(person, photo));
  }
  const cameras = (await many('cameras.jsonl')).map(({ person, photo }) =>
    cameraPhoto(person, photo),
  );
  return { taped: parseTaped(csv.toString()), photographed, variants, judged, cameras, checksums };
}

function cameraPhoto(person: PersonRecord, photo: PhotoObservation): CameraPhoto {
  const { body, distance_m, height_m, yaw_deg } = person.grid ?? {
    body: 0,
    distance_m: 0,
    height_m: 0,
    yaw_deg: 0,
  };
  const camera = { distanceM: distance_m, heightM: height_m, yawDegrees: yaw_deg };
  return { ...measured(person, photo), camera, body };
}

/** Poses of photos in the folder `SIZING_CACHE`, when it is set: they take half an hour. Delete it when the engine changes. */
async function remembered(
  key: string,
  look: () => Promise<PhotoObservation>,
): Promise<PhotoObservation> {
  const cache = process.env.SIZING_CACHE;
  if (cache === undefined) return look();
  const path = join(cache, key);
  const bytes = await readFile(path).catch(() => null);
  if (bytes !== null) return deserialize(inflateSync(bytes)) as PhotoObservation;
  const photo = await look();
  await mkdir(cache, { recursive: true });
  await writeFile(path, deflateSync(serialize(photo), { level: 1 }));
  return photo;
}

/** Makes a thing when it is first asked for. */
function lazily<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | null = null;
  return () => {
    made ??= make();
    return made;
  };
}

/** Every photo and its variants, without those of the people whom `leftOut` names. */
export function photosToFitOn(
  { photographed, variants }: SizingData,
  leftOut: ReadonlySet<string> = new Set(),
): PhotographedPerson[] {
  return [...photographed, ...variants].filter(({ file }) => !leftOut.has(file));
}

/** Clothes that show the body's outline. */
const TIGHT: readonly Maker[] = ['painted', 'fitted', 'people'];

/** Throws when the photo shows nobody who could be measured. */
function measured(person: PersonRecord, photo: PhotoObservation): PhotographedPerson {
  const known = knownPerson(person);
  const figures = figuresIn(photo);
  const evidence = figures && photoEvidence(figures, known.heightCm);
  if (!figures || !evidence) throw new Error(`${person.file} cannot be measured`);
  const { file, kind: maker = 'people', fold = 0, stature_cm: statureCm, silhouette } = person;
  const pxPerCm = silhouette
    ? { chest: silhouette.chest.px_per_cm, hip: silhouette.hip.px_per_cm }
    : null;
  const dressed = !TIGHT.includes(maker);
  return { ...known, file, maker, dressed, statureCm, fold, pxPerCm, figures, evidence };
}

function judgedPhoto(set: string, person: PersonRecord, photo: PhotoObservation): JudgedPhoto {
  return {
    set,
    file: person.file,
    usable: person.role === 'positive',
    strict: person.strict,
    reasons: person.reasons,
    heightCm: person.stature_cm ?? 170,
    photo,
  };
}

function knownPerson(person: PersonRecord): KnownPerson {
  return {
    sex: person.sex,
    heightCm: person.told_height_cm ?? person.stature_cm,
    weightKg: person.told_weight_kg ?? person.weight_kg,
    ageYears: person.age_years,
    chest: person.girths_cm.chest,
    waist: person.girths_cm.waist_navel,
    hip: person.girths_cm.hip,
    bideltoid: person.breadths_cm.bideltoid,
    waistBreadth: person.breadths_cm.waist_navel,
    hipBreadth: person.breadths_cm.hip,
    inseam: person.heights_cm.crotch,
  };
}

function parseTaped(csv: string): TapedPerson[] {
  const [header = '', ...lines] = csv.trim().split('\n');
  const columns = header.trim().split(',');
  const people = lines.map((line) => {
    const cells = line.trim().split(',');
    const cell = (name: string): string => {
      const value = cells[columns.indexOf(name)];
      if (value === undefined) throw new Error(`${TAPED_FILE} has no ${name}`);
      return value;
    };
    return {
      sex: cell('sex') === 'male' ? 'male' : 'female',
      heightCm: Number(cell('reported_height_cm')),
      weightKg: Number(cell('reported_weight_kg')),
      slips:
        Math.abs(Number(cell('reported_height_cm')) - Number(cell('stature_cm'))) >= 10 ||
        Math.abs(Number(cell('reported_weight_kg')) - Number(cell('weight_kg'))) >= 15,
      ageYears: Number(cell('age_years')),
      chest: Number(cell('chest_girth_cm')),
      waist: Number(cell('waist_navel_girth_cm')),
      hip: Number(cell('buttock_girth_cm')),
      bideltoid: Number(cell('bideltoid_breadth_cm')),
      waistBreadth: Number(cell('waist_navel_breadth_cm')),
      hipBreadth: Number(cell('hip_breadth_cm')),
      inseam: Number(cell('crotch_height_cm')),
      biacromial: Number(cell('biacromial_breadth_cm')),
    } as const;
  });
  // Slips of the pen, by tens of cm or kg.
  return people.filter(({ slips }) => !slips).map(({ slips: _, ...person }) => person);
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
