/**
 * A photo's file as plain pixels, the way the pose goldens were made: EXIF orientation applied,
 * sRGB, no resize but of very large photos; what is transparent becomes white.
 */
import { TaskError } from '../../errors.ts';
import { decodeImage as decode } from '../../images/decode.ts';
import { validateImage } from '../../images/validation.ts';

/** Rows of red, green, blue, one byte each. */
export interface RgbImage {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/**
 * A larger photo is made as small as this while it is decoded, which bounds what one holds in memory
 * (48 MB). The models look at 256 px of it; the largest photos of telephones in use stay as they are.
 */
const LONGEST_SIDE_PX = 4096;

/** Throws what `validateImage` and the decoding throw. */
export async function decodeImage(file: Uint8Array): Promise<RgbImage> {
  const image = validateImage(file);
  const { data, info } = await decode(image, LONGEST_SIDE_PX, (picture) =>
    picture.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true }),
  );
  return { width: info.width, height: info.height, data: threeChannels(data, info.channels) };
}

/** Grey pictures come with one channel. */
function threeChannels(data: Uint8Array, channels: number): Uint8Array {
  if (channels === 3) return data;
  if (channels !== 1) throw new TaskError('INVALID_IMAGE', { detail: 'unsupported' });
  const rgb = new Uint8Array(data.length * 3);
  for (let i = 0; i < data.length; i += 1) rgb.fill(data[i] ?? 0, 3 * i, 3 * i + 3);
  return rgb;
}
