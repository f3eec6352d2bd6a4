import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { deflateSync } from 'node:zlib';
import sharp, { type Sharp } from 'sharp';
import { grain, insertPngChunk, plain } from '../../test/support/images/odd-images.ts';
import { decodeImage } from './decode.ts';
import { validateImage } from './validation.ts';

const END_MARKER = Buffer.from([0xff, 0xd9]);

/** The first pixel. */
async function colourOf(file: Uint8Array): Promise<number[]> {
  const raw = await decodeImage(validateImage(file), 1024, (picture) => picture.raw().toBuffer());
  return [...raw.subarray(0, 3)];
}

function assertNear(actual: number[], expected: readonly number[], tolerance = 6): void {
  const near = actual.every((value, at) => Math.abs(value - (expected[at] ?? -999)) <= tolerance);
  assert.ok(near && actual.length === expected.length, `${actual} is not about ${expected}`);
}

async function assertDamaged(file: Buffer): Promise<void> {
  await assert.rejects(colourOf(file), { code: 'INVALID_IMAGE', detail: 'unreadable' });
}

describe('decoding a JPEG of which data is missing', () => {
  const whole = grain(400, 600).jpeg().toBuffer();
  const cut = async (share: number) => {
    const jpeg = await whole;
    return jpeg.subarray(0, Math.floor(jpeg.length * share));
  };

  it('works when only the end marker is missing', async () => {
    assert.equal((await colourOf((await whole).subarray(0, -2))).length, 3);
  });

  it('works when some of the last rows are missing', async () => {
    assert.equal((await colourOf(await cut(0.99))).length, 3);
  });

  it('fails when more is missing, also if an end marker was put there', async () => {
    for (const share of [0.5, 0.9]) {
      await assertDamaged(await cut(share));
      await assertDamaged(Buffer.concat([await cut(share), END_MARKER]));
    }
  });

  it('fails for progressive JPEG too', async () => {
    const jpeg = await grain(400, 600).jpeg({ progressive: true }).toBuffer();
    await assertDamaged(Buffer.concat([jpeg.subarray(0, jpeg.length / 2), END_MARKER]));
    assert.equal((await colourOf(jpeg.subarray(0, -2))).length, 3);
  });

  it('is not misled by warnings about other things', async () => {
    const jpeg = await whole;
    const end = jpeg.length - 2;
    const stuffed = Buffer.concat([jpeg.subarray(0, end), Buffer.alloc(9, 0x55), END_MARKER]);
    assert.equal((await colourOf(stuffed)).length, 3);
    const scan = jpeg.indexOf(Buffer.from([0xff, 0xda]));
    const odd = Buffer.from(jpeg);
    // As some phones write it: a spectral selection that sequential JPEG does not have.
    odd.set([0, 0, 0], scan + 11);
    assert.equal((await colourOf(odd)).length, 3);
  });
});

describe('decoding CMYK', () => {
  /** Full cyan and magenta, as a JPEG without a profile. */
  const blue = () => {
    const ink = (value: number) => Buffer.alloc(64 * 64, value);
    const one = { raw: { width: 64, height: 64, channels: 1 } } as const;
    const inks = sharp(ink(255), one).joinChannel([ink(255), ink(0), ink(0)], one);
    return inks.toColourspace('cmyk').jpeg({ quality: 95 }).toBuffer();
  };

  it('shows blue as blue where no profile says what the inks look like', async () => {
    assertNear(await colourOf(await blue()), [0, 0, 255]);
  });

  it('follows a profile of printing inks', async () => {
    const printed = plain(64, 64)
      .withIccProfile('cmyk')
      .toColourspace('cmyk')
      .jpeg({ quality: 95 });
    assertNear(await colourOf(await printed.toBuffer()), [200, 60, 30], 12);
  });
});

describe('decoding a PNG without a profile', () => {
  const png = plain(64, 64, '#804020').png().toBuffer();
  const gamma = (value: number) => numbers([value]);
  /** The primaries of Display P3, in the order of cHRM: white, red, green, blue. */
  const P3 = numbers([31_270, 32_900, 68_000, 32_000, 26_500, 69_000, 15_000, 6_000]);

  it('shows the colours as they are where nothing else is said', async () => {
    assertNear(await colourOf(await png), [128, 64, 32], 0);
    assertNear(await colourOf(insertPngChunk(await png, 'gAMA', gamma(45_455))), [128, 64, 32], 1);
  });

  it('follows gAMA: linear light is brighter on the screen', async () => {
    // sRGB's curve for 128/255, 64/255 and 32/255 of the light.
    assertNear(
      await colourOf(insertPngChunk(await png, 'gAMA', gamma(100_000))),
      [188, 137, 99],
      2,
    );
  });

  it('follows cHRM and cICP: a wide red is a stronger one in sRGB', async () => {
    const red = await plain(64, 64, '#c83c1e').png().toBuffer();
    const asP3 = await colourOf(await plainWithProfile('#c83c1e'));
    const withGamma = insertPngChunk(red, 'gAMA', gamma(45_455));
    assertNear(await colourOf(insertPngChunk(withGamma, 'cHRM', P3)), asP3, 2);
    assertNear(await colourOf(insertPngChunk(red, 'cICP', Buffer.from([12, 13, 0, 1]))), asP3, 2);
    assert.ok((asP3[0] ?? 0) > 210);
  });

  it('follows gAMA in grey pictures too', async () => {
    const grey = await plain(64, 64, '#808080').toColourspace('b-w').png().toBuffer();
    assertNear(
      (await colourOf(insertPngChunk(grey, 'gAMA', gamma(100_000)))).slice(0, 1),
      [188],
      2,
    );
  });

  it('prefers sRGB to gAMA, and ignores numbers that make no sense', async () => {
    const both = insertPngChunk(
      insertPngChunk(await png, 'gAMA', gamma(100_000)),
      'sRGB',
      Buffer.of(0),
    );
    assertNear(await colourOf(both), [128, 64, 32], 1);
    for (const value of [0, 1, 0xffff_ffff]) {
      assertNear(await colourOf(insertPngChunk(await png, 'gAMA', gamma(value))), [128, 64, 32], 1);
    }
    const flat = numbers(Array<number>(8).fill(30_000));
    assertNear(await colourOf(insertPngChunk(await png, 'cHRM', flat)), [128, 64, 32], 1);
  });
});

it('a decode that outlasts its limit of 20 s is IMAGE_UNAVAILABLE', async () => {
  const image = validateImage(await grain(1000, 1000).jpeg().toBuffer());
  let limitSeconds: unknown;
  const slowly = (picture: Sharp) => {
    // sharp has no reader of its settings. A second stands for the limit, so as not to wait for it.
    limitSeconds = Reflect.get(Reflect.get(picture, 'options'), 'timeoutSeconds');
    return picture.timeout({ seconds: 1 }).resize(4000, 4000).median(99).raw().toBuffer();
  };
  await assert.rejects(decodeImage(image, 1024, slowly), {
    code: 'IMAGE_UNAVAILABLE',
    detail: 'decode_timeout',
  });
  assert.equal(limitSeconds, 20);
});

/** The same numbers, said to be Display P3's by a profile. */
async function plainWithProfile(colour: string): Promise<Buffer> {
  const tagged = await plain(64, 64, 'red').withIccProfile('p3').png().toBuffer();
  const { icc } = await sharp(tagged).metadata();
  const chunk = Buffer.concat([Buffer.from('P3\0\0'), deflateSync(icc ?? Buffer.alloc(0))]);
  return insertPngChunk(await plain(64, 64, colour).png().toBuffer(), 'iCCP', chunk);
}

function numbers(values: readonly number[]): Buffer {
  const data = Buffer.alloc(4 * values.length);
  for (const [at, value] of values.entries()) data.writeUInt32BE(value, 4 * at);
  return data;
}
