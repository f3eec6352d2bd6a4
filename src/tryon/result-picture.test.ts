import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import sharp from 'sharp';
import { grain, insertJpegSegment } from '../../test/support/images/odd-images.ts';
import { Semaphore } from '../concurrency/semaphore.ts';
import { prepareImage } from './resize.ts';
import { resultPicture } from './result-picture.ts';

const SIZE = '256x384';
const MADE_BY_A_MODEL = 'http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia';
const picture = () => grain(256, 384);

/** The JPEG with an empty C2PA manifest store, in JUMBF boxes (ISO 19566-5, C2PA 2.2, A.3). */
function withManifest(jpeg: Buffer): Buffer {
  const uuid = Buffer.from('6332706100110010800000aa00389b71', 'hex');
  const description = box('jumd', Buffer.concat([uuid, Buffer.from([3]), Buffer.from('c2pa\0')]));
  const sequence = Buffer.from('JP\0\x01\0\0\0\x01', 'latin1');
  return insertJpegSegment(jpeg, 0xeb, Buffer.concat([sequence, box('jumb', description)]));
}

function box(type: string, data: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(8 + data.length, 0);
  head.write(type, 4, 'latin1');
  return Buffer.concat([head, data]);
}

async function xmpOf(jpeg: Uint8Array): Promise<string> {
  const { format, xmpAsString } = await sharp(jpeg).metadata();
  assert.equal(format, 'jpeg');
  return xmpAsString ?? '';
}

describe('resultPicture', () => {
  it("keeps the vendor's bytes, and with them its mark", async () => {
    const marked = withManifest(await picture().jpeg().toBuffer());
    assert.deepEqual(await resultPicture(marked, SIZE), marked);
    assert.ok(Buffer.from(marked).includes('c2pa'));
  });

  it('marks a picture that must be encoded again: another format or size', async () => {
    const jpeg = await picture().jpeg().toBuffer();
    const png = await picture().png().toBuffer();
    const webp = await picture().webp().toBuffer();
    for (const [image, size] of [
      [png, SIZE],
      [webp, SIZE],
      [jpeg, '1024x1536'],
    ] as const) {
      const stored = await resultPicture(image, size);
      assert.ok((await xmpOf(stored)).includes(MADE_BY_A_MODEL));
      assert.notDeepEqual(stored, image);
    }
  });

  it('marks a JPEG that is not quite sound', async () => {
    const jpeg = await picture().jpeg().toBuffer();
    assert.ok(
      (await xmpOf(await resultPicture(jpeg.subarray(0, -2), SIZE))).includes(MADE_BY_A_MODEL),
    );
  });

  it('has no metadata but the mark after encoding again', async () => {
    const exif = { IFD0: { Artist: 'SECRET' } };
    const stored = Buffer.from(
      await resultPicture(await picture().withExif(exif).png().toBuffer(), SIZE),
    );
    assert.equal((await sharp(stored).metadata()).exif, undefined);
    assert.ok(!stored.includes('SECRET'));
  });

  it('is shrunk when it is larger than any vendor draws', async () => {
    const create = { width: 8_192, height: 6_144, channels: 3, background: 'tan' } as const;
    const huge = await sharp({ create }).webp({ lossless: true, effort: 0 }).toBuffer();
    const { width, height } = await sharp(await resultPicture(huge, null)).metadata();
    assert.deepEqual([width, height], [4_096, 3_072]);
  });

  it('refuses a picture of which half is missing', async () => {
    for (const format of ['jpeg', 'png', 'webp'] as const) {
      const image = await picture().toFormat(format).toBuffer();
      const half = image.subarray(0, image.length / 2);
      await assert.rejects(resultPicture(half, SIZE), { code: 'PROVIDER_MALFORMED' });
    }
  });
});

describe("the person's own photo", () => {
  it('loses its mark, its EXIF and its GPS on the way in', async () => {
    const exif = { IFD0: { Artist: 'SECRET' }, IFD3: { GPSLatitudeRef: 'N' } };
    const photo = withManifest(await picture().withExif(exif).jpeg().toBuffer());
    const prepared = Buffer.from(
      await prepareImage(photo, new Semaphore(1), new AbortController().signal),
    );
    const { exif: left, xmp } = await sharp(prepared).metadata();
    assert.deepEqual([left, xmp], [undefined, undefined]);
    assert.ok(!prepared.includes('c2pa') && !prepared.includes('SECRET'));
  });
});
