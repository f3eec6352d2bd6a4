/** Pictures with the reference's answer about them, and how far an observation is from it. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PhotoObservation, Pose } from '../../../src/pose.ts';

export interface PoseGolden {
  readonly file: string;
  readonly width: number;
  readonly height: number;
  readonly poses: 0 | 1;
  readonly pose: {
    /** x, y, z, visibility, presence. */
    readonly landmarks: readonly (readonly [number, number, number, number, number])[];
    /** Metres. */
    readonly world: readonly (readonly [number, number, number])[];
  } | null;
  readonly mask: { readonly area: number; readonly rows: readonly number[] } | null;
  readonly detections: { readonly count: number };
}

/** Largest differences, and the sum for the mean. */
export interface Deviation {
  readonly landmarksPx: readonly number[];
  readonly worldMm: number;
  readonly visibility: number;
  readonly maskArea: number;
  readonly maskRow: number;
}

export async function readGoldens(path: string): Promise<PoseGolden[]> {
  const { images } = JSON.parse(await readFile(path, 'utf8')) as { images: PoseGolden[] };
  return images;
}

export const FIXTURES = join(import.meta.dirname, '../../fixtures/pose');

/** How far a pose is from the reference's. */
export function deviationOf(pose: Pose, golden: PoseGolden): Deviation {
  const { landmarks = [], world = [] } = golden.pose ?? {};
  const mask = maskFigures(pose.mask);
  return {
    landmarksPx: landmarks.map(([x, y], index) => {
      const found = pose.landmarks[index] ?? { x: Number.NaN, y: Number.NaN };
      return Math.hypot((found.x - x) * golden.width, (found.y - y) * golden.height);
    }),
    worldMm: largest(
      world.map(([x, y, z], index) => {
        const found = pose.world[index] ?? { x: Number.NaN, y: Number.NaN, z: Number.NaN };
        return 1000 * Math.max(...[found.x - x, found.y - y, found.z - z].map(Math.abs));
      }),
    ),
    visibility: largest(
      landmarks.map(([, , , visibility], index) =>
        Math.abs((pose.landmarks[index]?.visibility ?? Number.NaN) - visibility),
      ),
    ),
    maskArea: Math.abs(mask.area - (golden.mask?.area ?? Number.NaN)),
    maskRow: largest(
      mask.rows.map((row, index) => Math.abs(row - (golden.mask?.rows[index] ?? 0))),
    ),
  };
}

export function foundPose({ pose }: PhotoObservation): Pose {
  if (pose === null) throw new Error('no pose was found');
  return pose;
}

/** NaN stays NaN, so that a missing number fails every comparison. */
function largest(values: readonly number[]): number {
  return values.reduce((highest, value) => Math.max(highest, value), 0);
}

/** Area and mean width in 64 bands, in fractions of the image. */
function maskFigures({ columns, rows, probability }: Pose['mask']): {
  area: number;
  rows: number[];
} {
  const widths = Array.from({ length: rows }, (_, row) => {
    const cells = probability.subarray(row * columns, (row + 1) * columns);
    return cells.reduce((count, value) => count + (value >= 128 ? 1 : 0), 0) / columns;
  });
  const mean = (values: readonly number[]) =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const bands = Array.from({ length: 64 }, (_, band) =>
    mean(widths.slice(Math.ceil((band * rows) / 64), Math.ceil(((band + 1) * rows) / 64))),
  );
  return { area: mean(widths), rows: bands };
}
