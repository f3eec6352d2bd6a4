import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { crc32 } from 'node:zlib';
import {
  animatedPng,
  animatedWebp,
  jpegClaiming,
  losslessWebpClaiming,
  plain,
  pngClaiming,
  webpClaiming,
} from '../../test/support/images/odd-images.ts';
import { scanBomb } from '../../test/support/images/scan-bomb.ts';
import { DECODE_BUDGET_BYTES } from './decode.ts';
import { MAX_DECODE_BYTES, validateImage } from './validation.ts';

async function assertRefused(file: Buffer | Promise<Buffer>, detail: string): Promise<void> {
  const bytes = await file;
  assert.throws(() => validateImage(bytes), { code: 'INVALID_IMAGE', detail });
}

describe('image validation', () => {
  it('reads format and size of a picture', async () => {
    for (const format of ['jpeg', 'png', 'webp'] as const) {
      const image = validateImage(await plain(90, 70).toFormat(format).toBuffer());
      assert.deepEqual(
        [image.format, image.widthPx, image.heightPx, image.narrowedTo],
        [format, 90, 70, null],
      );
    }
  });

  it('accepts what phones sell as 50 megapixels, and nothing larger', async () => {
    for (const [widthPx, heightPx] of [
      [8160, 6144],
      [8192, 6144],
    ] as const) {
      assert.equal(validateImage(await jpegClaiming(widthPx, heightPx)).widthPx, widthPx);
    }
    await assertRefused(pngClaiming(10_000, 5_051), 'too_large');
    await assertRefused(jpegClaiming(10_000, 10_000), 'too_large');
    await assertRefused(webpClaiming(10_000, 10_000), 'too_large');
    await assertRefused(jpegClaiming(20_000, 14_000), 'too_large');
  });

  it('refuses a side of more than 16,384 pixels', async () => {
    await assertRefused(pngClaiming(16_385, 10), 'side_too_long');
    await assertRefused(jpegClaiming(8, 65_500), 'side_too_long');
  });

  it('refuses tracking pixels and slivers', async () => {
    await assertRefused(plain(1, 1).jpeg().toBuffer(), 'too_small');
    await assertRefused(jpegClaiming(16_384, 1), 'too_small');
    await assertRefused(plain(63, 400).png().toBuffer(), 'too_small');
    assert.equal(validateImage(await plain(64, 64).webp().toBuffer()).heightPx, 64);
  });

  it('estimates the memory of decoding, and refuses what exceeds the limit', async () => {
    const cost = async (file: Promise<Buffer>) => validateImage(await file).decodeBytes;
    const inStrips = 100_000_000;
    assert.equal(await cost(jpegClaiming(10_000, 5_000)), inStrips);
    assert.equal(await cost(webpClaiming(10_000, 5_000)), inStrips);
    assert.equal(await cost(pngClaiming(10_000, 5_000)), inStrips);
    assert.equal(await cost(pngClaiming(4_097, 3_072)), inStrips);
    assert.equal(await cost(pngClaiming(3_072, 4_096)), DECODE_BUDGET_BYTES / 2);
    assert.equal(await cost(jpegClaiming(10_000, 5_000, true)), 150_000_000);
    assert.equal(await cost(losslessWebpClaiming(10_000, 5_050)), MAX_DECODE_BYTES);
    await assertRefused(deepInterlacedClaiming(10_000, 5_000), 'too_costly');
    const chroma = plain(64, 64).jpeg({ progressive: true, chromaSubsampling: '4:4:4' });
    await assertRefused(claiming(await chroma.toBuffer(), 6_000, 6_000), 'too_costly');
  });

  it('refuses more scans than any encoder makes, however small the file', async () => {
    assert.equal(validateImage(scanBomb(512, 512, 100)).scans, 100);
    await assertRefused(scanBomb(512, 512, 101), 'too_many_scans');
    await assertRefused(scanBomb(8_192, 6_144, 41), 'too_many_scans');
    assert.equal(validateImage(scanBomb(8_192, 6_144, 40)).scans, 40);
  });

  it('refuses animations, and takes an animation of one frame for a picture', async () => {
    await assertRefused(animatedWebp(2), 'animated');
    await assertRefused(animatedPng(2), 'animated');
    assert.equal(validateImage(await animatedPng(1)).frames, 1);
  });

  it('refuses other formats, even those the decoder could read', async () => {
    await assertRefused(plain(64, 64).gif().toBuffer(), 'unsupported');
    await assertRefused(plain(64, 64).tiff().toBuffer(), 'unsupported');
    await assertRefused(plain(64, 64).avif().toBuffer(), 'unsupported');
    await assertRefused(Buffer.from('<svg width="99" height="99"/>'), 'unsupported');
  });

  it('names the format of phones, and takes AVIF and films for no such file', async () => {
    const box = (...brands: string[]) =>
      Buffer.from(`\0\0\0\x1cftyp${brands.join('')}\0\0\x01\xb4meta`, 'latin1');
    await assertRefused(box('heic', '\0\0\0\0', 'mif1', 'heic'), 'heic');
    await assertRefused(box('mif1', '\0\0\0\0', 'mif1', 'heix'), 'heic');
    await assertRefused(box('avif', '\0\0\0\0', 'mif1', 'miaf'), 'unsupported');
    await assertRefused(box('isom', '\0\0\0\0', 'isom', 'mp41'), 'unsupported');
  });

  it('says of which pictures the decoding is slow', async () => {
    const isSlow = async (file: Promise<Buffer>) => validateImage(await file).isSlow;
    assert.equal(await isSlow(jpegClaiming(4_032, 3_024)), false);
    assert.equal(await isSlow(jpegClaiming(8_160, 6_144)), true);
    assert.equal(await isSlow(jpegClaiming(4_032, 3_024, true)), true);
    assert.equal(await isSlow(pngClaiming(1_170, 2_532)), false);
    assert.equal(await isSlow(pngClaiming(4_032, 3_024)), true);
    assert.equal(await isSlow(losslessWebpClaiming(4_032, 3_024)), true);
  });

  it('refuses a file that ends before its pixels begin', async () => {
    for (const format of ['jpeg', 'png', 'webp'] as const) {
      const bytes = await plain(64, 64).toFormat(format).toBuffer();
      await assertRefused(bytes.subarray(0, 20), 'unreadable');
    }
  });
});

/** A progressive JPEG with another size in its frame header. */
function claiming(jpeg: Buffer, widthPx: number, heightPx: number): Buffer {
  const frame = jpeg.indexOf(Buffer.from([0xff, 0xc2]));
  jpeg.writeUInt16BE(heightPx, frame + 5);
  jpeg.writeUInt16BE(widthPx, frame + 7);
  return jpeg;
}

/** A PNG of 16 bits, with transparency, interlaced: eight bytes a pixel, and none before all. */
async function deepInterlacedClaiming(widthPx: number, heightPx: number): Promise<Buffer> {
  const png = await pngClaiming(widthPx, heightPx);
  const [bitDepth, colourType, interlace] = [16, 6, 1];
  png.set([bitDepth, colourType, 0, 0, interlace], 24);
  png.writeUInt32BE(crc32(png.subarray(12, 29)), 29);
  return png;
}
