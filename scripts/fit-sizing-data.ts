/** Reads the data that the sizing is fitted and judged on: tape-measured people and rendered photos of people. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { estimatePose } from '../src/adapters/mediapipe/estimate-pose.ts';
import { loadPoseModels } from '../src/adapters/mediapipe/models.ts';
import type { Sex } from '../src/sizing/body-estimate.ts';
import type { PhotoEvidence } from '../src/sizing/body-posterior.ts';
import { photoEvidence } from '../src/sizing/estimate-body.ts';
import type { ObservedPhoto } from '../src/sizing/observed-photo.ts';
import { photoVariants } from './photo-variants.ts';

/** Somebody whose body is known. cm, kg, years. */
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
  readonly inseam: number;
}

export interface TapedPerson extends KnownPerson {
  readonly biacromial: number;
}

/** One photo of somebody known. */
export interface PhotographedPerson extends KnownPerson {
  /** Of the original photo, also where this is a variant of it. */
  readonly file: string;
  readonly dressed: boolean;
  readonly photo: ObservedPhoto;
  /** What is measured in the photo. */
  readonly evidence: PhotoEvidence;
}

/** A picture of `people` or `people-dressed` with what the photo check should say. */
export interface JudgedPhoto {
  readonly file: string;
  readonly usable: boolean;
  /** False for borderline pictures that a check may accept or refuse. */
  readonly strict: boolean;
  readonly reasons: readonly string[];
  readonly heightCm: number;
  readonly photo: ObservedPhoto;
}

export interface SizingData {
  readonly taped: readonly TapedPerson[];
  readonly photographed: readonly PhotographedPerson[];
  /** The same people in the same photos, taken otherwise: to fit on, not to judge. */
  readonly variants: readonly PhotographedPerson[];
  readonly judged: readonly JudgedPhoto[];
  /** File (relative to the data folder) → SHA-256 in hex. */
  readonly checksums: Readonly<Record<string, string>>;
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
  girths_cm: { chest: number; waist_navel: number; hip: number };
  breadths_cm: { bideltoid: number };
  heights_cm: { crotch: number };
}

const TAPED_FILE = 'anthropometry/ansur-train.csv';
const PHOTO_SETS = ['people', 'people-dressed'] as const;

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
      const photo = await estimatePose(models, bytes);
      judged.push(judgedPhoto(person, photo));
      if (person.role !== 'positive') continue;
      const dressed = set === 'people-dressed';
      photographed.push(measured(person, dressed, photo));
      for (const variant of await photoVariants(bytes, seed)) {
        const seen = await estimatePose(models, variant);
        // A few of the smallest and most blurred are not recognised any more.
        if (seen.pose !== null) variants.push(measured(person, dressed, seen));
      }
    }
  }
  return { taped: parseTaped(csv.toString()), photographed, variants, judged, checksums };
}

/** Every photo and its variants, without those of the people whom `leftOut` names. */
export function photosToFitOn(
  { photographed, variants }: SizingData,
  leftOut: ReadonlySet<string> = new Set(),
): PhotographedPerson[] {
  return [...photographed, ...variants].filter(({ file }) => !leftOut.has(file));
}

/** Throws when the photo shows nobody who could be measured. */
function measured(
  person: PersonRecord,
  dressed: boolean,
  photo: ObservedPhoto,
): PhotographedPerson {
  const evidence = photoEvidence(photo, person.stature_cm);
  if (evidence === null) throw new Error(`${person.file} cannot be measured`);
  return { ...knownPerson(person), file: person.file, dressed, photo, evidence };
}

function judgedPhoto(person: PersonRecord, photo: ObservedPhoto): JudgedPhoto {
  return {
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
    heightCm: person.stature_cm,
    weightKg: person.weight_kg,
    ageYears: person.age_years,
    chest: person.girths_cm.chest,
    waist: person.girths_cm.waist_navel,
    hip: person.girths_cm.hip,
    bideltoid: person.breadths_cm.bideltoid,
    inseam: person.heights_cm.crotch,
  };
}

function parseTaped(csv: string): TapedPerson[] {
  const [header = '', ...lines] = csv.trim().split('\n');
  const columns = header.trim().split(',');
  return lines.map((line) => {
    const cells = line.trim().split(',');
    const cell = (name: string): string => {
      const value = cells[columns.indexOf(name)];
      if (value === undefined) throw new Error(`${TAPED_FILE} has no ${name}`);
      return value;
    };
    return {
      sex: cell('sex') === 'male' ? 'male' : 'female',
      heightCm: Number(cell('stature_cm')),
      weightKg: Number(cell('weight_kg')),
      ageYears: Number(cell('age_years')),
      chest: Number(cell('chest_girth_cm')),
      waist: Number(cell('waist_navel_girth_cm')),
      hip: Number(cell('buttock_girth_cm')),
      bideltoid: Number(cell('bideltoid_breadth_cm')),
      inseam: Number(cell('crotch_height_cm')),
      biacromial: Number(cell('biacromial_breadth_cm')),
    };
  });
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
