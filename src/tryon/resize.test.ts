import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import sharp, { type Sharp } from 'sharp';
import { slowPng } from '../../test/support/images/large-images.ts';
import { insertPngChunk, plain } from '../../test/support/images/odd-images.ts';
import { Semaphore } from '../concurrency/semaphore.ts';
import { DECODE_BUDGET_BYTES } from '../images/decode.ts';
import { prepareImage } from './resize.ts';

const NEVER = new AbortController().signal;
/** The colour of `plain`. */
const BRICK = [200, 60, 30];

async function prepared(picture: Sharp | Buffer): Promise<Buffer> {
  const bytes = Buffer.isBuffer(picture) ? picture : await picture.toBuffer();
  return Buffer.from(await prepareImage(bytes, new Semaphore(1), NEVER));
}

/** The colour at a place, each side counted from 0 to 1. */
async function colourAt(jpeg: Buffer, x: number, y: number): Promise<number[]> {
  const { data, info } = await sharp(jpeg).raw().toBuffer({ resolveWithObject: true });
  const column = Math.round(x * (info.width - 1));
  const row = Math.round(y * (info.height - 1));
  const from = (row * info.width + column) * info.channels;
  return [...data.subarray(from, from + info.channels)];
}

function assertNear(actual: number[], expected: number[], tolerance = 6): void {
  const near = actual.every((value, at) => Math.abs(value - (expected[at] ?? -999)) <= tolerance);
  assert.ok(near && actual.length === expected.length, `${actual} is not about ${expected}`);
}

async function sizeOf(jpeg: Buffer): Promise<[string, number, number]> {
  const { format, width, height } = await sharp(jpeg).metadata();
  return [format, width, height];
}

describe('prepareImage', () => {
  it('shrinks the longest side to 1024 pixels and makes a JPEG of it', async () => {
    assert.deepEqual(await sizeOf(await prepared(plain(3000, 2000).png())), ['jpeg', 1024, 683]);
    assert.deepEqual(await sizeOf(await prepared(plain(900, 2048).webp())), ['jpeg', 450, 1024]);
    assert.deepEqual(await sizeOf(await prepared(plain(16_000, 64).png())), ['jpeg', 1024, 4]);
  });

  it('never enlarges', async () => {
    assert.deepEqual(await sizeOf(await prepared(plain(200, 100).png())), ['jpeg', 200, 100]);
  });

  it('applies every EXIF orientation before it measures', async () => {
    const upright = await halves();
    for (const orientation of [1, 2, 3, 4, 5, 6, 7, 8]) {
      const stored = await asStored(upright, orientation);
      const jpeg = await prepared(
        sharp(stored).withMetadata({ orientation }).jpeg({ quality: 95 }),
      );
      assert.deepEqual(await sizeOf(jpeg), ['jpeg', 512, 1024], `orientation ${orientation}`);
      assertNear(await colourAt(jpeg, 0.5, 0.1), [255, 0, 0], 20);
      assertNear(await colourAt(jpeg, 0.1, 0.9), [0, 0, 255], 20);
      assertNear(await colourAt(jpeg, 0.9, 0.9), [0, 128, 0], 20);
    }
  });

  it('puts what is transparent on white', async () => {
    const clear = sharp({
      create: { width: 64, height: 64, channels: 4, background: { r: 0, g: 0, b: 0, alpha: 0 } },
    });
    for (const format of ['png', 'webp'] as const) {
      const jpeg = await prepared(clear.clone().toFormat(format));
      assertNear(await colourAt(jpeg, 0.5, 0.5), [255, 255, 255]);
    }
  });

  it('keeps colours of CMYK, Display P3, palettes and 16-bit files', async () => {
    const deep = () => plain(64, 64).toColourspace('rgb16');
    const pictures: Record<string, [Sharp, number]> = {
      rgb: [plain(64, 64).jpeg({ quality: 95 }), 3],
      cmyk: [plain(64, 64).withIccProfile('cmyk').toColourspace('cmyk').jpeg({ quality: 95 }), 12],
      p3: [plain(64, 64).withIccProfile('p3').png(), 3],
      palette: [plain(64, 64).png({ palette: true }), 3],
      deep: [deep().png(), 3],
      deepSrgb: [deep().withIccProfile('srgb').png(), 3],
      deepP3: [deep().withIccProfile('p3').png(), 3],
    };
    for (const [name, [picture, tolerance]] of Object.entries(pictures)) {
      const jpeg = await prepared(picture);
      const colour = await colourAt(jpeg, 0.5, 0.5);
      assertNear(colour, BRICK, tolerance);
      const { space, hasProfile } = await sharp(jpeg).metadata();
      assert.deepEqual([space, hasProfile], ['srgb', false], name);
    }
  });

  it('makes grey pictures, also of 16 bits, JPEGs of the same grey', async () => {
    for (const space of ['b-w', 'grey16']) {
      const jpeg = await prepared(plain(64, 64, '#808080').toColourspace(space).png());
      const [grey] = await colourAt(jpeg, 0.5, 0.5);
      assertNear([grey ?? -1], [128], 3);
    }
  });

  it('drops all metadata', async () => {
    const exif = { IFD0: { Artist: 'SECRET' }, IFD3: { GPSLatitudeRef: 'N' } };
    const photo = plain(64, 64).withExif(exif).withXmp('<x:xmpmeta xmlns:x="adobe:ns:meta/"/>');
    const jpeg = await prepared(photo.jpeg());
    const metadata = await sharp(jpeg).metadata();
    assert.deepEqual(
      [metadata.exif, metadata.xmp, metadata.iptc, metadata.icc],
      Array(4).fill(undefined),
    );
    assert.ok(!jpeg.includes('SECRET'));
  });

  it('keeps pixels only: data in or behind the picture is removed', async () => {
    const secret = Buffer.from('<script>alert("SECRET")</script>');
    const jpeg = await plain(64, 64).jpeg().toBuffer();
    const png = await plain(64, 64).png().toBuffer();
    const polyglots = [
      Buffer.concat([jpeg, Buffer.from('PK\x03\x04'), secret]),
      Buffer.concat([png, secret]),
      insertPngChunk(png, 'tEXt', Buffer.concat([Buffer.from('Comment\0'), secret])),
      insertPngChunk(png, 'prVt', secret),
    ];
    for (const polyglot of polyglots) {
      const out = await prepared(polyglot);
      assert.ok(!out.includes('SECRET'));
      assert.deepEqual(await sizeOf(out), ['jpeg', 64, 64]);
    }
  });

  it('refuses pictures that end too early', async () => {
    const noise = { type: 'gaussian', mean: 128, sigma: 40 } as const;
    const create = { width: 400, height: 400, channels: 3, background: 'red', noise } as const;
    for (const format of ['jpeg', 'png', 'webp'] as const) {
      const bytes = await sharp({ create }).toFormat(format).toBuffer();
      const half = bytes.subarray(0, bytes.length / 2);
      await assert.rejects(prepared(half), { code: 'INVALID_IMAGE', detail: 'unreadable' }, format);
    }
  });

  it('does not decode for a caller that has given up', async () => {
    const stop = new AbortController();
    const memory = new Semaphore(1);
    const { promise: busy, resolve: free } = Promise.withResolvers<void>();
    const blocking = memory.run(1, () => busy);
    const preparing = prepareImage(await plain(64, 64).png().toBuffer(), memory, stop.signal);
    stop.abort(new Error('stopping'));
    free();
    await blocking;
    await assert.rejects(preparing, /stopping/);
  });
});

/** 1024 x 2048: the upper half red, the lower half blue on the left and green on the right. */
async function halves(): Promise<Buffer> {
  const tile = (colour: string) => plain(512, 1024, colour).png().toBuffer();
  return plain(1024, 2048, '#f00')
    .composite([
      { input: await tile('#00f'), left: 0, top: 1024 },
      { input: await tile('#008000'), left: 512, top: 1024 },
    ])
    .png()
    .toBuffer();
}

/** How to turn an upright picture into what a camera stores under each EXIF orientation. */
const STORED_AS: Record<number, { mirrored: boolean; turnedBy: number }> = {
  1: { mirrored: false, turnedBy: 0 },
  2: { mirrored: true, turnedBy: 0 },
  3: { mirrored: false, turnedBy: 180 },
  4: { mirrored: true, turnedBy: 180 },
  5: { mirrored: true, turnedBy: 270 },
  6: { mirrored: false, turnedBy: 270 },
  7: { mirrored: true, turnedBy: 90 },
  8: { mirrored: false, turnedBy: 90 },
};

/** Mirrors first, then turns clockwise; two pipelines, since one has an order of its own. */
async function asStored(upright: Buffer, orientation: number): Promise<Buffer> {
  const { mirrored, turnedBy } = STORED_AS[orientation] ?? assert.fail();
  const picture = await sharp(upright).flop(mirrored).png().toBuffer();
  return sharp(picture).rotate(turnedBy).png().toBuffer();
}

describe('photos that are slow to decode', () => {
  it('delay any other photo by one of them at the most', async () => {
    const memory = new Semaphore(DECODE_BUDGET_BYTES);
    const ended: string[] = [];
    const prepare = async (name: string, file: Uint8Array) => {
      await prepareImage(file, memory, NEVER);
      ended.push(name);
    };
    const slow = await slowPng();
    const quick = await plain(64, 64).png().toBuffer();
    const slowOnes = [1, 2, 3].map(() => prepare('slow', slow));
    await Promise.all([...slowOnes, prepare('quick', quick)]);
    assert.ok(ended.indexOf('quick') <= 1, `${ended}`);
  });
});
