/** What a file can do to decoding and to memory: see src/images. */
import { mkdtempDisposable, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PosePool } from '../../src/adapters/mediapipe/pose-pool.ts';
import { validateImage } from '../../src/images/validation.ts';
import { holdPhotos } from '../../test/support/images/hold-photos.ts';
import { prepareElsewhere, slowPng } from '../../test/support/images/large-images.ts';
import { insertPngText, plain } from '../../test/support/images/odd-images.ts';
import { scanBomb } from '../../test/support/images/scan-bomb.ts';
import { FIXTURES } from '../../test/support/sizing/pose-goldens.ts';
import { poseModelFolder } from '../../test/support/sizing/pose-models.ts';
import { timeMs } from '../timing.ts';
import type { Attack } from './attack.ts';

/** What the pictures take beyond a process that prepares a plain one, in 10^6 bytes. */
async function extraMemory(picture: Buffer): Promise<number> {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'attack-'));
  const [hostile, harmless] = [join(folder.path, 'a.png'), join(folder.path, 'b.png')];
  await writeFile(hostile, picture);
  await writeFile(harmless, await plain(300, 400).png().toBuffer());
  const [taken, usual] = [await prepareElsewhere([hostile]), await prepareElsewhere([harmless])];
  return Math.max(0, taken.peakRssMb - usual.peakRssMb);
}

const TEXT_CHUNKS = 40;

/** Text chunks that each unfold to 8 MB. */
async function unfoldingText(): Promise<number> {
  const text = Buffer.alloc(8_000_000);
  let png: Buffer = await plain(300, 400).png().toBuffer();
  for (let chunk = 0; chunk < TEXT_CHUNKS; chunk += 1) png = insertPngText(png, text);
  return extraMemory(png);
}

const SCANS = 882;

/** Seconds until the file is refused, or prepared. */
async function manyScans(): Promise<number> {
  const jpeg = scanBomb(8_192, 6_144, SCANS);
  return (await timeMs(() => refusalOf(jpeg))) / 1000;
}

function refusalOf(file: Uint8Array): unknown {
  try {
    validateImage(file);
  } catch (error) {
    return error;
  }
  throw new Error('the file is accepted');
}

const SLOW_PHOTOS = 8;

/** Seconds until an ordinary photo's pose is known that comes right behind them, to one pose thread. */
async function slowPhotos(): Promise<number> {
  const ready = Promise.withResolvers<void>();
  const modelFolder = await poseModelFolder();
  await using pool = new PosePool({ modelFolder, threads: 1, onReady: ready.resolve });
  await ready.promise;
  const slow = await slowPng();
  const photo = await readFile(join(FIXTURES, 's1_00.jpg'));
  const { signal } = new AbortController();
  const slowOnes = Array.from({ length: SLOW_PHOTOS }, () => pool.estimate(slow, signal));
  const waitedMs = await timeMs(() => pool.estimate(photo, signal));
  await Promise.all(slowOnes);
  return waitedMs / 1000;
}

const [TASKS, PHOTOS] = [20, 16];

async function heldBytes(): Promise<number> {
  const { prepared, peakRssMb } = await holdPhotos(TASKS, PHOTOS);
  return prepared === 0 ? Number.NaN : peakRssMb;
}

export const PICTURE_ATTACKS: readonly Attack[] = [
  {
    name: 'PNG text that unfolds',
    sent: `${TEXT_CHUNKS} compressed chunks of 8 MB each, 311 kB`,
    figure: 'MB of memory more',
    before: '1,200',
    limit: 20,
    measure: unfoldingText,
  },
  {
    name: 'progressive JPEG of many scans',
    sent: `${SCANS} scans over 50 megapixels, 167 kB`,
    figure: 'seconds until refused',
    before: '83',
    limit: 1,
    measure: manyScans,
  },
  {
    name: 'photos that are slow to decode',
    sent: `${SLOW_PHOTOS} PNGs of 50 megapixels in 16 bits, 0.5 MB each, to /estimate-body`,
    figure: 'seconds until the size of another photo',
    before: '12',
    limit: 4.4,
    measure: slowPhotos,
  },
  {
    name: 'photos held until the last one is there',
    sent: `${TASKS} tasks of ${PHOTOS} files of 10 MiB`,
    figure: 'MB of memory at most',
    before: '1,540',
    limit: 512,
    measure: heldBytes,
  },
];
