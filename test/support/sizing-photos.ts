/** Reads the photos of test/fixtures/sizing as the sizing gets them from the pose engine. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inflateRawSync } from 'node:zlib';
import type { Sex } from '../../src/sizing/body-estimate.ts';
import type { DetectedPerson, ObservedPhoto } from '../../src/sizing/observed-photo.ts';

export interface SizingPhoto {
  readonly photo: ObservedPhoto;
  /** What the photo check should say; empty for usable photos and for the dark one. */
  readonly reasons: readonly string[];
  /** Null for photos that cannot be used. */
  readonly truth: SizingTruth | null;
}

/** cm, kg, years; the waist at the navel. */
export interface SizingTruth {
  readonly sex: Sex;
  readonly heightCm: number;
  readonly weightKg: number;
  readonly ageYears: number;
  readonly chest: number;
  readonly waist: number;
  readonly hip: number;
  readonly bideltoid: number;
}

interface FixtureRecord {
  file: string;
  widthPx: number;
  heightPx: number;
  luminance: number;
  people: number;
  detections: DetectedPerson[];
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
  const path = join(import.meta.dirname, '../fixtures/sizing/photos.json');
  const { photos } = JSON.parse(readFileSync(path, 'utf8')) as { photos: FixtureRecord[] };
  return new Map(
    photos.map((record) => [
      record.file,
      { photo: observed(record), reasons: record.reasons, truth: record.truth },
    ]),
  );
}

/** A usable photo of a known person: `s1_…` in tight clothes, `s4_…` in loose ones. */
export function knownPerson(file: string): { photo: ObservedPhoto; truth: SizingTruth } {
  const found = sizingPhotos().get(file);
  if (!found?.truth) throw new Error(`no known person in ${file}`);
  return { photo: found.photo, truth: found.truth };
}

function observed({ pose, ...record }: FixtureRecord): ObservedPhoto {
  const { widthPx, heightPx, luminance, people, detections } = record;
  if (pose === null) return { widthPx, heightPx, luminance, people, detections, pose };
  const { columns, rows, deflated } = pose.mask;
  const probability = new Uint8Array(inflateRawSync(Buffer.from(deflated, 'base64')));
  return {
    widthPx,
    heightPx,
    luminance,
    people,
    detections,
    pose: {
      landmarks: pose.landmarks.map(([x, y, z, visibility]) => ({ x, y, z, visibility })),
      world: pose.world.map(([x, y, z]) => ({ x, y, z })),
      luminance: pose.luminance,
      mask: { left: 0, top: 0, right: 1, bottom: 1, columns, rows, probability },
    },
  };
}
