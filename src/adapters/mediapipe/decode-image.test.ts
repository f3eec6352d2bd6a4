import assert from 'node:assert/strict';
import { test } from 'node:test';
import sharp, { type Color, type Sharp } from 'sharp';
import { pngClaiming } from '../../../test/support/images/odd-images.ts';
import { TaskError } from '../../errors.ts';
import { decodeImage } from './decode-image.ts';

const RED = { r: 255, g: 0, b: 0 };

function plain(width: number, height: number, background: Color = RED): Sharp {
  return sharp({ create: { width, height, channels: 3, background } });
}

function firstPixel({ data }: { data: Uint8Array }): number[] {
  return [...data.subarray(0, 3)];
}

async function assertUnusable(file: Uint8Array, detail: string): Promise<void> {
  await assert.rejects(
    decodeImage(file),
    (error: unknown) =>
      error instanceof TaskError && error.code === 'INVALID_IMAGE' && error.detail === detail,
  );
}

test('PNG, JPEG and WebP become rows of red, green and blue', async () => {
  for (const file of [plain(90, 70).png(), plain(90, 70).jpeg(), plain(90, 70).webp()]) {
    const image = await decodeImage(await file.toBuffer());
    assert.deepEqual([image.width, image.height, image.data.length], [90, 70, 18_900]);
    assert.ok((image.data[0] ?? 0) > 250 && (image.data[1] ?? 255) < 5);
  }
});

test('a photo stored on its side is set upright', async () => {
  const file = await plain(90, 70).withMetadata({ orientation: 6 }).jpeg().toBuffer();
  const { width, height } = await decodeImage(file);
  assert.deepEqual([width, height], [70, 90]);
});

test('what is transparent is white', async () => {
  const background = { r: 0, g: 0, b: 0, alpha: 0 };
  const clear = sharp({ create: { width: 64, height: 64, channels: 4, background } });
  assert.deepEqual(firstPixel(await decodeImage(await clear.png().toBuffer())), [255, 255, 255]);
});

test('grey, 16-bit, palette and CMYK pictures get three channels of a byte', async () => {
  const grey = plain(64, 64, { r: 120, g: 120, b: 120 });
  const files = [
    grey.clone().toColourspace('b-w').png(),
    grey.clone().toColourspace('rgb16').png(),
    grey.clone().png({ palette: true }),
    grey.clone().withIccProfile('cmyk').toColourspace('cmyk').jpeg(),
  ];
  for (const file of files) {
    const image = await decodeImage(await file.toBuffer());
    assert.equal(image.data.length, 12_288);
    for (const value of firstPixel(image)) assert.ok(Math.abs(value - 120) <= 20, `${value}`);
  }
});

test('other formats are refused by their first bytes', async () => {
  const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>';
  await assertUnusable(Buffer.from(svg), 'unsupported');
  await assertUnusable(await plain(64, 64).gif().toBuffer(), 'unsupported');
  await assertUnusable(await plain(64, 64).tiff().toBuffer(), 'unsupported');
  await assertUnusable(new Uint8Array(), 'unsupported');
});

test('more than one frame is refused', async () => {
  const frames = [plain(64, 64), plain(64, 64, { r: 0, g: 0, b: 255 })];
  const files = await Promise.all(frames.map((frame) => frame.png().toBuffer()));
  const animated = await sharp(files, { join: { animated: true } })
    .webp()
    .toBuffer();
  await assertUnusable(animated, 'animated');
});

test('more than 50 megapixels are refused from the header, without decoding', async () => {
  await assertUnusable(await pngClaiming(10_000, 5_051), 'too_large');
});

test('a photo over 960 px is shrunk in proportion, a smaller one is kept', async () => {
  const large = await decodeImage(await plain(8000, 6000).jpeg().toBuffer());
  assert.deepEqual([large.width, large.height], [960, 720]);
  const usual = await decodeImage(await plain(960, 700).jpeg().toBuffer());
  assert.deepEqual([usual.width, usual.height], [960, 700]);
});

test('a damaged picture is unreadable', async () => {
  const whole = await plain(400, 400).jpeg().toBuffer();
  await assertUnusable(whole.subarray(0, whole.length / 2), 'unreadable');
  await assertUnusable(Buffer.from('\xff\xd8\xff nothing here', 'latin1'), 'unreadable');
});
