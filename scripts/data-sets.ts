/** The data sets that fits and reports read, in the folder that `SHARED_DATA` names. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Sex } from '../src/sizing/person.ts';

/** The set with many photos, one a line of its list. */
export const MANY = 'people-many';

/** Who made the clothes and cameras of a picture. */
export type Maker =
  | 'painted'
  | 'fitted'
  | 'shell'
  | 'loft'
  | 'hoodie'
  | 'jacket'
  | 'skirt'
  | 'people'
  | 'people-dressed';

/** One photo of a set's list. */
export interface PersonRecord {
  readonly file: string;
  readonly person?: string;
  /** `positive`: shows one person as a photo for sizes should. */
  readonly role: string;
  readonly strict: boolean;
  readonly reasons: readonly string[];
  readonly sex: Sex;
  readonly age_years: number;
  readonly stature_cm: number;
  readonly weight_kg: number;
  readonly told_height_cm?: number;
  readonly told_weight_kg?: number;
  readonly fold?: number;
  readonly kind?: Maker;
  readonly grid?: { body: number; distance_m: number; height_m: number; yaw_deg: number };
  readonly silhouette?: { chest: { px_per_cm: number }; hip: { px_per_cm: number } };
  readonly girths_cm: { chest: number; waist_navel: number; hip: number };
  readonly breadths_cm: { bideltoid: number; waist_navel: number; hip: number };
  readonly heights_cm: { crotch: number };
}

/** `SHARED_DATA`, or ../shared/data next to the project. Ends the script where it is missing. */
export function sharedDataFolder(env: NodeJS.ProcessEnv): string {
  const folder = env.SHARED_DATA ?? join(import.meta.dirname, '../../shared/data');
  if (existsSync(folder)) return folder;
  console.error(`SHARED_DATA must name the data folder (CONTRIBUTING.md); ${folder} is not there.`);
  process.exit(2);
}

/** The records of a list with one photo a line. */
export function recordsIn(list: Buffer): PersonRecord[] {
  return list
    .toString()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as PersonRecord);
}
