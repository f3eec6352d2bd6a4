/** Reads the photos of test/fixtures/sizing as the sizing gets them from the pose engine. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inflateRawSync } from 'node:zlib';
import type { KnownPerson } from '../../../scripts/fit-sizing/people.ts';
import type { Detection, PhotoObservation } from '../../../src/pose.ts';
import { type Figures, figuresIn } from '../../../src/sizing/figure.ts';

export interface SizingPhoto {
  readonly photo: PhotoObservation;
  /** What the photo check should say; empty for usable photos and for the dark one. */
  readonly reasons: readonly string[];
  /** Null for photos that cannot be used. */
  readonly truth: SizingTruth | null;
}

/** cm, kg, years; the waist at the navel. */
export type SizingTruth = Pick<
  KnownPerson,
  'sex' | 'heightCm' | 'weightKg' | 'ageYears' | 'chest' | 'waist' | 'hip' | 'bideltoid'
>;

interface FixtureRecord {
  file: string;
  widthPx: number;
  heightPx: number;
  luminance: number;
  people: number;
  detections: Omit<Detection, 'score'>[];
  reasons: string[];
  truth: SizingTruth | null;
  pose: {
    landmarks: [number, number, number, number][];
    world: [number, number, number][];
    luminance: number;
    mask: { columns: number; rows: number; deflated: string };
  } | null;
}

/** The photos by file name. */
export function sizingPhotos(): Map<string, SizingPhoto> {
  const path = join(import.meta.dirname, '../../fixtures/sizing/photos.json');
  const { photos } = JSON.parse(readFileSync(path, 'utf8')) as { photos: FixtureRecord[] };
  return new Map(
    photos.map((record) => [
      record.file,
      { photo: observed(record), reasons: record.reasons, truth: record.truth },
    ]),
  );
}

/** A usable photo of a known person: `s1_…` in tight clothes, `s4_…` in loose ones. */
export function knownPerson(file: string): {
  photo: PhotoObservation;
  figures: Figures;
  truth: SizingTruth;
} {
  const found = sizingPhotos().get(file);
  const figures = found ? figuresIn(found.photo) : null;
  if (!found?.truth || !figures) throw new Error(`no known person in ${file}`);
  return { photo: found.photo, figures, truth: found.truth };
}

/** What the fixtures leave out of the engine's answer is filled in: nothing reads it. */
function observed({ pose, ...record }: FixtureRecord): PhotoObservation {
  const { widthPx, heightPx, luminance } = record;
  const detections = record.detections.map((found) => ({ ...found, score: 1 }));
  const picture = { widthPx, heightPx, luminance, detections, mirrored: null };
  if (pose === null) return { ...picture, pose };
  const { columns, rows, deflated } = pose.mask;
  const probability = new Uint8Array(inflateRawSync(Buffer.from(deflated, 'base64')));
  return {
    ...picture,
    pose: {
      landmarks: pose.landmarks.map(([x, y, z, visibility]) => ({
        x,
        y,
        z,
        visibility,
        presence: 1,
      })),
      world: pose.world.map(([x, y, z]) => ({ x, y, z, visibility: 1 })),
      luminance: pose.luminance,
      score: 1,
      mask: { columns, rows, probability },
    },
  };
}
