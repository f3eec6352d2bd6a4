/** What holds for a whole process, seen in processes of their own: its memory and its decoders. */

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import { prepareElsewhere, writeLargeImages } from '../support/large-images.ts';

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

/** Reads the header of one small picture of each format, past the gate; prints which could be read. */
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
