/**
 * Ten pictures of 50 megapixels in every format the worker takes, and a process that prepares
 * them all at once and reports its peak memory.
 */

import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import sharp, { type Sharp } from 'sharp';

export const LARGE = { widthPx: 8_660, heightPx: 5_773 } as const;

const ENCODINGS: Record<string, (picture: Sharp) => Sharp> = {
  'baseline.jpg': (picture) => picture.jpeg(),
  'turned.jpg': (picture) => picture.withMetadata({ orientation: 6 }).jpeg(),
  'progressive.jpg': (picture) => picture.jpeg({ progressive: true }),
  'progressive-again.jpg': (picture) => picture.jpeg({ progressive: true, quality: 50 }),
  'plain.png': (picture) => picture.png({ compressionLevel: 1 }),
  'transparent.png': (picture) => picture.ensureAlpha(0.5).png({ compressionLevel: 1 }),
  'interlaced.png': (picture) =>
    picture.ensureAlpha(0.5).png({ progressive: true, compressionLevel: 1 }),
  'deep.png': (picture) => picture.toColourspace('rgb16').png({ compressionLevel: 1 }),
  'lossy.webp': (picture) => picture.webp({ effort: 0 }),
  'lossless.webp': (picture) => picture.webp({ lossless: true, effort: 0 }),
};

/** Writes the pictures into `folder` and returns their paths. Takes some seconds and some hundred MB. */
export async function writeLargeImages(folder: string): Promise<string[]> {
  const { widthPx: width, heightPx: height } = LARGE;
  const paths: string[] = [];
  for (const [name, encode] of Object.entries(ENCODINGS)) {
    const picture = sharp({ create: { width, height, channels: 3, background: 'tan' } });
    const path = join(folder, name);
    await writeFile(path, await encode(picture).toBuffer());
    paths.push(path);
  }
  return paths;
}

/** 50 megapixels of 16 bits in grey: half a megabyte, and a second of decoding or more. */
export function slowPng(): Promise<Buffer> {
  const { widthPx: width, heightPx: height } = LARGE;
  const picture = sharp({ create: { width, height, channels: 3, background: 'tan' } });
  return picture.toColourspace('grey16').png({ compressionLevel: 1 }).toBuffer();
}

export interface Prepared {
  /** The most memory the process held, in 10^6 bytes. */
  readonly peakRssMb: number;
  /** Bytes of each prepared picture. */
  readonly sizes: readonly number[];
}

/** Prepares all `paths` at once in a process of its own. Linux only. */
export async function prepareElsewhere(paths: readonly string[]): Promise<Prepared> {
  const program = join(import.meta.dirname, 'prepare-images-program.ts');
  const { stdout } = await promisify(execFile)(process.execPath, [program, ...paths]);
  return JSON.parse(stdout) as Prepared;
}
