/**
 * `node bench/images.ts`: the cost of preparing a photo, of its parts, and of the rejected alternatives,
 * and the memory for ten pictures of 50 megapixels at once.
 */
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import sharp from 'sharp';
import { configureDecoders, DECODE_BUDGET_BYTES } from '../src/images/decode.ts';
import { validateImage } from '../src/images/validation.ts';
import { prepareImage } from '../src/tryon/resize.ts';
import { Semaphore } from '../src/tryon/semaphore.ts';
import { prepareElsewhere, writeLargeImages } from '../test/support/large-images.ts';
import { fastTimesInTurns, fixed, machineName, printTable } from './timing.ts';

const ROUNDS = 30;
const OPENING = { failOn: 'error', sequentialRead: true } as const;

/** A photo of 12 megapixels as a phone stores it: turned by EXIF, some grain. */
async function phonePhoto(): Promise<Buffer> {
  const noise = { type: 'gaussian', mean: 128, sigma: 20 } as const;
  const small = { width: 1_000, height: 750, channels: 3, background: '#888', noise } as const;
  const grain = await sharp({ create: small }).png().toBuffer();
  return sharp(grain)
    .resize(4_000, 3_000, { kernel: 'cubic' })
    .withMetadata({ orientation: 6 })
    .jpeg({ quality: 90 })
    .toBuffer();
}

async function timePhoto(photo: Buffer): Promise<void> {
  const memory = new Semaphore(DECODE_BUDGET_BYTES);
  const { signal } = new AbortController();
  const wholeDecode = () => sharp(photo, OPENING).raw().toBuffer();
  const mozjpeg = () =>
    sharp(photo, { ...OPENING, autoOrient: true })
      .resize(1024, 1024, { fit: 'inside' })
      .jpeg({ quality: 75, mozjpeg: true })
      .toBuffer();
  const times = await fastTimesInTurns(
    {
      prepareImage: () => prepareImage(photo, memory, signal),
      'of it, validation': async () => validateImage(photo),
      'for comparison, optimised by mozjpeg': mozjpeg,
      'for comparison, decoding in full size': wholeDecode,
    },
    ROUNDS,
  );
  printTable(
    [`a 12-megapixel photo of ${fixed(photo.length / 1e6)} MB`, 'ms'],
    Object.entries(times).map(([name, ms]) => [name, fixed(ms)]),
  );
}

async function measureMemory(): Promise<void> {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'large-images-'));
  const paths = await writeLargeImages(folder.path);
  const rows: unknown[][] = [];
  for (const path of paths) {
    const { peakRssMb, startRssMb, tookMs } = await prepareElsewhere([path]);
    rows.push([basename(path), fixed(peakRssMb, 0), fixed(startRssMb, 0), fixed(tookMs, 0)]);
  }
  const all = await prepareElsewhere(paths);
  rows.push([
    'all ten at once',
    fixed(all.peakRssMb, 0),
    fixed(all.startRssMb, 0),
    fixed(all.tookMs, 0),
  ]);
  const unbounded = await prepareElsewhere(paths, Number.MAX_SAFE_INTEGER);
  rows.push([
    'all ten, no budget',
    fixed(unbounded.peakRssMb, 0),
    fixed(unbounded.startRssMb, 0),
    fixed(unbounded.tookMs, 0),
  ]);
  printTable(['50 megapixels', 'peak RSS, MB', 'at the start', 'ms'], rows);
}

console.log(`${machineName()}\n`);
configureDecoders();
await timePhoto(await phonePhoto());
await measureMemory();
