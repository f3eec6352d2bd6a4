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
} from '../../test/support/odd-images.ts';
import { MAX_DECODE_BYTES, readImageHeader } from './validation.ts';

async function assertRefused(bytes: Promise<Buffer>, detail: string): Promise<void> {
  await assert.rejects(readImageHeader(await bytes), { code: 'INVALID_IMAGE', detail });
}

describe('image validation', () => {
  it('reads format and size of a picture', async () => {
    for (const format of ['jpeg', 'png', 'webp'] as const) {
      const header = await readImageHeader(await plain(30, 20).toFormat(format).toBuffer());
      assert.deepEqual(
        [header.format, header.widthPx, header.heightPx, header.bitsPerSample],
        [format, 30, 20, 8],
      );
    }
  });

  it('lets 50 megapixels pass and nothing larger, by the header alone', async () => {
    const { widthPx, heightPx } = await readImageHeader(await pngClaiming(10_000, 5_000));
    assert.equal(widthPx * heightPx, 50_000_000);
    await assertRefused(pngClaiming(10_000, 5_001), 'too_large');
    await assertRefused(pngClaiming(10_000, 10_000), 'too_large');
    await assertRefused(jpegClaiming(10_000, 10_000), 'too_large');
    await assertRefused(webpClaiming(10_000, 10_000), 'too_large');
  });

  it('refuses a side of more than 16,384 pixels', async () => {
    await assertRefused(pngClaiming(16_385, 1), 'too_large');
    await assertRefused(jpegClaiming(8, 65_500), 'too_large');
  });

  it('knows what decoding holds in memory, and refuses what is over the budget', async () => {
    const cost = async (bytes: Promise<Buffer>) => (await readImageHeader(await bytes)).decodeBytes;
    const inStrips = 100_000_000;
    assert.equal(await cost(jpegClaiming(10_000, 5_000)), inStrips);
    assert.equal(await cost(webpClaiming(10_000, 5_000)), inStrips);
    assert.equal(await cost(pngClaiming(10_000, 5_000)), inStrips);
    assert.equal(await cost(jpegClaiming(10_000, 5_000, true)), 150_000_000);
    assert.equal(await cost(losslessWebpClaiming(10_000, 5_000)), MAX_DECODE_BYTES);
    await assertRefused(deepInterlacedClaiming(10_000, 5_000), 'too_large');
  });

  it('refuses animations', async () => {
    await assertRefused(animatedWebp(2), 'unsupported');
    await assertRefused(animatedPng(2), 'unsupported');
  });

  it('refuses other formats, even those the decoder could read', async () => {
    await assertRefused(plain(8, 8).gif().toBuffer(), 'unsupported');
    await assertRefused(plain(8, 8).tiff().toBuffer(), 'unsupported');
    await assertRefused(plain(8, 8).avif().toBuffer(), 'unsupported');
    await assertRefused(Promise.resolve(Buffer.from('<svg width="9" height="9"/>')), 'unsupported');
  });

  it('refuses a header that ends too early', async () => {
    for (const format of ['jpeg', 'png', 'webp'] as const) {
      const bytes = await plain(8, 8).toFormat(format).toBuffer();
      await assertRefused(Promise.resolve(bytes.subarray(0, 20)), 'unreadable');
    }
  });
});

/** A PNG of 16 bits, with transparency, interlaced: eight bytes a pixel, and none before all. */
async function deepInterlacedClaiming(widthPx: number, heightPx: number): Promise<Buffer> {
  const png = await pngClaiming(widthPx, heightPx);
  const [bitDepth, colourType, interlace] = [16, 6, 1];
  png.set([bitDepth, colourType, 0, 0, interlace], 24);
  png.writeUInt32BE(crc32(png.subarray(12, 29)), 29);
  return png;
}
