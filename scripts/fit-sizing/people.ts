/** The people that the sizing is fitted and judged on, and their photos. */
import type { PhotoObservation } from '../../src/pose.ts';
import type { PhotoEvidence } from '../../src/sizing/body-posterior.ts';
import type { Figures } from '../../src/sizing/figure.ts';
import type { Sex } from '../../src/sizing/person.ts';
import type { Maker } from '../data-sets.ts';

/** A person with known measurements. cm, kg, years; height and weight as reported by the person, where that is known. */
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

/** One photo of a person with known measurements. */
export interface PhotographedPerson extends KnownPerson {
  /** Of the original photo, also where this is a variant of it. */
  readonly file: string;
  /** Whose photo it is. */
  readonly person: string;
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

/** Makers of the sets with one photo a person, whose heights are measured, not reported. */
export const OLDER: readonly Maker[] = ['people', 'people-dressed'];

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

/** People of the older sets in turn, as many folds as `people-many` has. */
export const FOLDS = 5;

/** Every photo and its variants. */
export function photosToFitOn({ photographed, variants }: SizingData): PhotographedPerson[] {
  return [...photographed, ...variants];
}
