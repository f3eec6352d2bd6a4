/** What holds for a whole process, seen in processes of their own: its memory and its decoders. */

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import { holdPhotos } from '../support/images/hold-photos.ts';
import { prepareElsewhere, writeLargeImages } from '../support/images/large-images.ts';
import { insertPngText, plain } from '../support/images/odd-images.ts';

const LIMIT_MB = 512;
const LINUX_ONLY = { skip: process.platform !== 'linux' };

describe('preparing ten pictures of 50 megapixels at once', LINUX_ONLY, () => {
  it(`takes less than ${LIMIT_MB} MB, whatever their format`, async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'large-images-'));
    const { peakRssMb, sizes } = await prepareElsewhere(await writeLargeImages(folder.path));
    assert.equal(sizes.length, 10);
    assert.ok(peakRssMb < LIMIT_MB, `${peakRssMb} MB`);
  });
});

describe('preparing the photos of many tasks at once', LINUX_ONLY, () => {
  it(`takes less than ${LIMIT_MB} MB with files of the maximum size`, async () => {
    const { prepared, peakRssMb } = await holdPhotos(10, 16);
    // On a busy machine some tasks run out of time.
    assert.ok(prepared > 0);
    assert.ok(peakRssMb < LIMIT_MB, `${peakRssMb} MB`);
  });
});

describe('preparing a PNG whose text unfolds to 320 MB', LINUX_ONLY, () => {
  it('takes no more memory than another picture', async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'text-'));
    const paths = [join(folder.path, 'plain.png'), join(folder.path, 'text.png')] as const;
    let png: Buffer = await plain(300, 400).png().toBuffer();
    await writeFile(paths[0], png);
    for (let chunk = 0; chunk < 40; chunk += 1) png = insertPngText(png, Buffer.alloc(8_000_000));
    await writeFile(paths[1], png);
    const [usual, taken] = [await prepareElsewhere([paths[0]]), await prepareElsewhere([paths[1]])];
    const extraMb = taken.peakRssMb - usual.peakRssMb;
    assert.ok(extraMb < 20, `${extraMb} MB more`);
  });
});

/** Reads the header of one small picture of each format, without image validation; prints which could be read. */
const READ_EACH_FORMAT = `
  import sharp from 'sharp';
  import { configureDecoders } from './src/images/decode.ts';
  const plain = () => sharp({ create: { width: 8, height: 8, channels: 3, background: 'tan' } });
  const files = { svg: Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>') };
  for (const format of ['jpeg', 'png', 'webp', 'gif', 'tiff', 'avif']) {
    files[format] = await plain().toFormat(format).toBuffer();
  }
  configureDecoders();
  const read = ([format, file]) => sharp(file).metadata().then(() => [format], () => []);
  console.log((await Promise.all(Object.entries(files).map(read))).flat().join());
`;

describe('configureDecoders', () => {
  it('leaves the process with decoders for JPEG, PNG and WebP only', async () => {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--input-type=module', '--eval', READ_EACH_FORMAT],
      { cwd: join(import.meta.dirname, '../..') },
    );
    assert.equal(stdout.trim(), 'jpeg,png,webp');
  });
});
