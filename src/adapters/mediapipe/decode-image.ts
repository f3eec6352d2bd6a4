/**
 * A photo's file as plain pixels, the way the pose goldens were made: EXIF orientation applied,
 * sRGB, not resized up to 960 px; what is transparent becomes white.
 */
import { TaskError } from '../../errors.ts';
import { decodeImage as decode } from '../../images/decode.ts';
import { freeBuffer } from '../../images/free-buffer.ts';
import { type ValidImage, validateImage } from '../../images/validation.ts';

/** Rows of red, green, blue, one byte each. */
export interface RgbImage {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/**
 * A larger photo is shrunk to this while it is decoded (decision 51). The models sample 224 and 256 px
 * of it without smoothing, which picks up noise in larger photos; the sizing is fitted on 960 px.
 */
const LONGEST_SIDE_PX = 960;

/** Throws what `validateImage` and the decoding throw. Disposing frees the pixels. */
export async function decodeImage(
  file: Uint8Array,
  longestSidePx = LONGEST_SIDE_PX,
): Promise<RgbImage & Disposable> {
  return decodeValid(validateImage(file), longestSidePx);
}

/** As `decodeImage`, for a file that was validated. */
export async function decodeValid(
  image: ValidImage,
  longestSidePx = LONGEST_SIDE_PX,
): Promise<RgbImage & Disposable> {
  const { data, info } = await decode(image, longestSidePx, (picture) =>
    picture.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true }),
  );
  const rgb = threeChannels(data, info.channels);
  return {
    width: info.width,
    height: info.height,
    data: rgb,
    [Symbol.dispose]: () => freeBuffer(rgb),
  };
}

/** Grey pictures come with one channel. */
function threeChannels(data: Uint8Array, channels: number): Uint8Array {
  if (channels === 3) return data;
  if (channels !== 1) throw new TaskError('INVALID_IMAGE', { detail: 'unsupported' });
  const rgb = new Uint8Array(data.length * 3);
  for (let i = 0; i < data.length; i += 1) rgb.fill(data[i] ?? 0, 3 * i, 3 * i + 3);
  return rgb;
}
