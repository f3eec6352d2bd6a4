/**
 * The step that makes a photo fit for the image model: upright, sRGB, on white, small, and only
 * pixels. Whatever else the file carried (EXIF, GPS, a second file behind the picture) ends here.
 */

import { Semaphore } from '../concurrency/semaphore.ts';
import { decodeImage } from '../images/decode.ts';
import { validateImage } from '../images/validation.ts';

const LONGEST_SIDE_PX = 1024;
/** Huffman tables of the file's own save up to a sixth of its bytes and double the time of encoding. */
const ENCODING = { quality: 75, optimizeCoding: false } as const;

/** Photos that are slow to decode wait for each other, so that any other waits for one of them at the most. */
const slowDecodes = new Semaphore(1);

/**
 * A JPEG of at most 1024 px on its longest side, never enlarged, without metadata. `memory` is
 * the bytes that all decoding of the process may take at once. Throws what `validateImage` and
 * `decodeImage` throw.
 */
export async function prepareImage(
  file: Uint8Array,
  memory: Semaphore,
  signal: AbortSignal,
): Promise<Uint8Array> {
  signal.throwIfAborted();
  const image = validateImage(file);
  const decode = () =>
    memory.run(image.decodeBytes, () => {
      signal.throwIfAborted();
      return decodeImage(image, LONGEST_SIDE_PX, (picture) => picture.jpeg(ENCODING).toBuffer());
    });
  return image.isSlow ? slowDecodes.run(1, decode) : decode();
}
