/** What is left of a file before a decoder sees it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { deflateSync } from 'node:zlib';
import sharp from 'sharp';
import {
  insertJpegSegment,
  insertPngChunk,
  insertPngText,
  plain,
} from '../../test/support/images/odd-images.ts';
import { MAX_PARTS } from './bytes.ts';
import type { ImageStructure } from './format.ts';
import { MAX_PROFILE_BYTES } from './icc-profile.ts';
import { validateImage } from './validation.ts';

const EXIF = { IFD0: { Artist: 'SECRET' }, IFD3: { GPSLatitudeRef: 'N' } };
const XMP = '<x:xmpmeta xmlns:x="adobe:ns:meta/"><!-- SECRET --></x:xmpmeta>';

function left(file: Uint8Array): Buffer {
  const image: ImageStructure = validateImage(file);
  return Buffer.concat(image.pieces);
}

/** The types of a PNG's chunks. */
function chunksOf(png: Buffer): string[] {
  const types = [];
  for (let at = 8; at < png.length; at += 12 + png.readUInt32BE(at)) {
    types.push(png.toString('latin1', at + 4, at + 8));
  }
  return types;
}

describe('the structure of every format', () => {
  it('keeps the orientation of a photo and nothing else of its metadata', async () => {
    for (const format of ['jpeg', 'png', 'webp'] as const) {
      const photo = plain(90, 70).withExif(EXIF).withXmp(XMP).withMetadata({ orientation: 6 });
      const bytes = left(await photo.toFormat(format).toBuffer());
      const { orientation, exif, xmp } = await sharp(bytes).metadata();
      assert.deepEqual([format, orientation, xmp], [format, 6, undefined]);
      assert.ok((exif?.length ?? 0) < 40, `${exif?.length} bytes of EXIF`);
      assert.ok(!bytes.includes('SECRET'));
    }
  });

  it('has no more parts than any real file has', async () => {
    const empty = [
      { format: 'jpeg', behind: 2, part: Buffer.from([0xff, 0xfe, 0, 2]) },
      { format: 'png', behind: 33, part: insertPngChunk(Buffer.of(), 'teSt', Buffer.of()) },
      { format: 'webp', behind: 12, part: Buffer.from('teSt\0\0\0\0') },
    ] as const;
    for (const { format, behind, part } of empty) {
      const file = await plain(64, 64).toFormat(format).toBuffer();
      const withParts = (count: number) =>
        Buffer.concat([
          file.subarray(0, behind),
          ...Array<Buffer>(count).fill(part),
          file.subarray(behind),
        ]);
      assert.deepEqual(left(withParts(MAX_PARTS - 20)), left(file));
      assert.throws(() => left(withParts(MAX_PARTS)), { detail: 'unreadable' }, format);
    }
  });

  it('keeps a colour profile that describes the pixels', async () => {
    for (const format of ['jpeg', 'png', 'webp'] as const) {
      const bytes = left(await plain(64, 64).withIccProfile('p3').toFormat(format).toBuffer());
      assert.ok((await sharp(bytes).metadata()).icc !== undefined, format);
    }
  });
});

describe('the structure of PNG', () => {
  it('has no text chunk, however many there are', async () => {
    const png = await plain(64, 64).png().toBuffer();
    const chatty = insertPngChunk(
      insertPngText(insertPngChunk(png, 'tEXt', Buffer.from('A\0b')), Buffer.alloc(1_000_000)),
      'iTXt',
      Buffer.from('A\0\x01\0\0\0'),
    );
    assert.deepEqual(chunksOf(left(chatty)), ['IHDR', 'IDAT', 'IEND']);
  });

  it('has no profile that unfolds to more than one needs', async () => {
    const png = await plain(64, 64).png().toBuffer();
    const huge = deflateSync(Buffer.alloc(MAX_PROFILE_BYTES + 1), { level: 9 });
    const bomb = insertPngChunk(png, 'iCCP', Buffer.concat([Buffer.from('A\0\0'), huge]));
    assert.deepEqual(chunksOf(left(bomb)), ['IHDR', 'IDAT', 'IEND']);
  });

  it('ends where the picture ends, with or without an end chunk', async () => {
    const png = await plain(64, 64).png().toBuffer();
    assert.ok(!left(Buffer.concat([png, Buffer.from('SECRET')])).includes('SECRET'));
    assert.deepEqual(chunksOf(left(png.subarray(0, -12))), ['IHDR', 'IDAT', 'IEND']);
  });

  it('is damaged when a chunk claims to be longer than the file', async () => {
    const png = await plain(64, 64).png().toBuffer();
    png.writeUInt32BE(0xffff_ffff, 33);
    assert.throws(() => left(png), { detail: 'unreadable' });
  });
});

describe('the structure of JPEG', () => {
  it('has no comment, no foreign segment and nothing behind the picture', async () => {
    const jpeg = await plain(64, 64).jpeg().toBuffer();
    const secret = Buffer.from('SECRET');
    let chatty: Buffer = Buffer.concat([jpeg, jpeg, secret]);
    for (const marker of [0xfe, 0xe1, 0xe4, 0xed]) {
      chatty = insertJpegSegment(chatty, marker, secret);
    }
    assert.deepEqual(left(chatty), left(jpeg));
  });

  it('gets the end marker that it lacks', async () => {
    const jpeg = await plain(64, 64).jpeg().toBuffer();
    assert.deepEqual(left(jpeg.subarray(0, -2)), left(jpeg));
    assert.deepEqual(left(jpeg.subarray(0, -1)), left(jpeg));
  });

  it('is damaged when a colour component has no scan', async () => {
    const jpeg = await plain(64, 64).jpeg({ progressive: true }).toBuffer();
    const noScans = jpeg.subarray(0, jpeg.indexOf(Buffer.from([0xff, 0xda])));
    assert.throws(() => left(noScans), { detail: 'unreadable' });
  });

  it('is unusual when it is coded as hardly any program shows it', async () => {
    const jpeg = await plain(64, 64).jpeg().toBuffer();
    const frame = jpeg.indexOf(Buffer.from([0xff, 0xc0]));
    const [arithmetic, deep] = [Buffer.from(jpeg), Buffer.from(jpeg)];
    arithmetic[frame + 1] = 0xc9;
    deep[frame + 4] = 12;
    for (const unusual of [arithmetic, deep])
      assert.throws(() => left(unusual), { detail: 'unusual_jpeg' });
  });
});
