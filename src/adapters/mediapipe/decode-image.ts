/**
 * A photo's file as plain pixels, the way the pose goldens were made: EXIF orientation applied,
 * sRGB, no resize but of very large photos; what is transparent becomes white.
 */
import sharp from 'sharp';
import { TaskError } from '../../errors.ts';
import { DECODING, readImageHeader } from '../../images/validation.ts';

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

/** Throws `INVALID_IMAGE` (`unsupported`, `too_large`, `unreadable`) for what does not pass the image gate. */
export async function decodeImage(file: Uint8Array): Promise<RgbImage> {
  const { widthPx, heightPx } = await readImageHeader(file);
  const photo = sharp(file, DECODING).autoOrient();
  if (Math.max(widthPx, heightPx) > LONGEST_SIDE_PX) {
    photo.resize(LONGEST_SIDE_PX, LONGEST_SIDE_PX, { fit: 'inside' });
  }
  const { data, info } = await photo
    .flatten({ background: '#ffffff' })
    .toColourspace('srgb')
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true })
    .catch((cause: unknown) => {
      throw new TaskError('INVALID_IMAGE', { detail: 'unreadable', cause });
    });
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
