import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import sharp from 'sharp';
import { GARMENTS, PEOPLE } from '../samples/samples.ts';
import { isMarkedDoNotUse } from './do-not-use-card.ts';
import { dressedPictures } from './dressed-pictures.ts';
import type { EditForm, UploadedImage } from './edit-form.ts';
import { Refusal } from './vendor-errors.ts';

/** Without models the body is guessed by proportions: the same on every machine. */
const draw = dressedPictures('no models here');

/** As the worker sends photos. */
async function sent(file: string | Buffer): Promise<UploadedImage> {
  const bytes = await sharp(typeof file === 'string' ? await readFile(file) : file)
    .autoOrient()
    .resize(1024, 1024, { fit: 'inside', withoutEnlargement: true })
    .jpeg({ quality: 75 })
    .toBuffer();
  return { name: 'image.jpg', type: 'image/jpeg', bytes, sha256: '' };
}

async function pictureOf(images: (string | Buffer)[], options: Partial<EditForm> = {}) {
  const form: EditForm = {
    images: await Promise.all(images.map(sent)),
    prompt: 'Dress the person.',
    model: 'gpt-image-2',
    quality: 'low',
    width: 512,
    height: 768,
    format: 'png',
    safetyIdentifier: null,
    parameters: {},
    ...options,
  };
  const { data, info } = await sharp(Buffer.from(await draw(form), 'base64'))
    .raw()
    .toBuffer({ resolveWithObject: true });
  /** The colour at a place given in fractions of the picture. */
  const at = (x: number, y: number) => {
    const pixel = Math.floor(y * info.height) * info.width + Math.floor(x * info.width);
    return [...data.subarray(info.channels * pixel, info.channels * pixel + 3)];
  };
  return { info, at };
}

function flat(colour: string, width: number, height: number): Promise<Buffer> {
  return sharp({ create: { width, height, channels: 3, background: colour } })
    .png()
    .toBuffer();
}

const redShirt = sharp(
  Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" width="300" height="300">
    <rect width="300" height="300" fill="#fff"/><rect x="80" y="40" width="140" height="220" fill="#d01010"/></svg>`),
)
  .png()
  .toBuffer();

const isRed = ([r = 0, g = 0, b = 0]: number[]) => r > 110 && g < 70 && b < 70;

test('the garment lies on the trunk, and head and feet stay as they were', async () => {
  const plain = await pictureOf([PEOPLE.ada.file]);
  const dressed = await pictureOf([PEOPLE.ada.file, await redShirt]);
  assert.ok(isRed(dressed.at(0.5, 0.35)) && !isRed(plain.at(0.5, 0.35)));
  for (const [x, y] of [
    [0.5, 0.1],
    [0.1, 0.5],
    [0.5, 0.95],
  ] as const) {
    assert.deepEqual(dressed.at(x, y), plain.at(x, y));
  }
});

test('the first image is the person, the second the garment', async () => {
  const swapped = await pictureOf([await redShirt, PEOPLE.ada.file]);
  assert.deepEqual(
    swapped.at(0.05, 0.5).map((value) => value > 240),
    [true, true, true],
  );
});

test('accessories are insets at the right edge, in order, however many', async () => {
  const colours = ['#ff0000', '#00ff00', '#0000ff'];
  const accessories = await Promise.all(colours.map((colour) => flat(colour, 90, 90)));
  const { at } = await pictureOf([PEOPLE.ben.file, GARMENTS.stripedShirt, ...accessories]);
  for (const [index, channel] of [0, 1, 2].entries()) {
    const colour = at(0.89, 0.07 + index * 0.123);
    assert.equal(colour.indexOf(Math.max(...colour)), channel, String(colour));
  }
  const many = Array.from({ length: 14 }, () => accessories[0] ?? '');
  const { info } = await pictureOf([PEOPLE.ben.file, GARMENTS.stripedShirt, ...many]);
  assert.deepEqual([info.width, info.height], [512, 768]);
});

test('wide photos, single pictures and odd sizes are drawn too', async () => {
  const wide = await flat('#557799', 900, 300);
  for (const [width, height] of [
    [512, 512],
    [768, 512],
    [240, 720],
  ] as const) {
    const { info } = await pictureOf([wide, GARMENTS.chinos], { width, height });
    assert.deepEqual([info.width, info.height], [width, height]);
  }
  assert.equal((await pictureOf([wide])).info.width, 512);
});

test('the corner card survives shrinking and JPEG, and nothing else matches', async () => {
  for (const [name, { file }] of Object.entries(PEOPLE)) {
    assert.equal(await isMarkedDoNotUse((await sent(file)).bytes), name === 'doNotUse', name);
  }
  const small = await sharp(PEOPLE.doNotUse.file).resize(240).jpeg({ quality: 60 }).toBuffer();
  assert.ok(await isMarkedDoNotUse(small));
});

test('a photo with the card is refused as moderation would refuse it', async () => {
  await assert.rejects(pictureOf([PEOPLE.doNotUse.file, GARMENTS.chinos]), (error) => {
    return error instanceof Refusal && error.body.error.code === 'moderation_blocked';
  });
});
