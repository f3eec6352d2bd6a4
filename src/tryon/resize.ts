/**
 * The step that makes a picture fit for the image model: upright, sRGB, on white, small, and
 * only pixels. Whatever else the file carried (EXIF, GPS, a second file behind the picture) ends here.
 */

import sharp from 'sharp';
import { TaskError } from '../errors.ts';
import { DECODING, type ImageHeader, readImageHeader } from '../images/validation.ts';
import type { Semaphore } from './semaphore.ts';

const LONGEST_SIDE_PX = 1024;
const JPEG_QUALITY = 75;

/**
 * A JPEG of at most 1024 px on its longest side, never enlarged, without metadata. `memory` is
 * the bytes that all decoding of the process may take at once. Throws `INVALID_IMAGE` (see
 * `readImageHeader`; `unreadable` also for pixels that cannot be decoded).
 */
export async function prepareImage(
  bytes: Uint8Array,
  memory: Semaphore,
  signal: AbortSignal,
): Promise<Uint8Array> {
  signal.throwIfAborted();
  const header = await readImageHeader(bytes);
  return memory.run(header.decodeBytes, () => {
    signal.throwIfAborted();
    return shrinkToJpeg(bytes, header);
  });
}

async function shrinkToJpeg(bytes: Uint8Array, header: ImageHeader): Promise<Uint8Array> {
  const picture = sharp(bytes, { ...DECODING, autoOrient: true });
  // Otherwise a colour profile turns 16-bit pixels into Display P3, and they end up labelled sRGB.
  if (header.bitsPerSample === 16) picture.pipelineColourspace('srgb');
  try {
    return await picture
      .resize(LONGEST_SIDE_PX, LONGEST_SIDE_PX, {
        fit: 'inside',
        kernel: 'lanczos3',
        withoutEnlargement: true,
      })
      .flatten({ background: 'white' })
      .toColourspace('srgb')
      .jpeg({ quality: JPEG_QUALITY })
      .toBuffer();
  } catch (error) {
    throw new TaskError('INVALID_IMAGE', { detail: 'unreadable', cause: error });
  }
}
