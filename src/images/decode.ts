/**
 * Decoding: a valid picture becomes pixels that are upright, in sRGB, on white and not too many,
 * within a time limit. A file of which more than the last rows are missing counts as damaged.
 */
import sharp, { type Sharp, type SharpOptions } from 'sharp';
import { TaskError } from '../errors.ts';
import { freeBuffer } from './free-buffer.ts';
import { type HighRange, toStandardRange } from './high-dynamic-range.ts';
import { MAX_PIXELS, type ValidImage } from './validation.ts';

/**
 * What all decoding of tasks' photos may take at once; a picture that takes more is decoded alone.
 * Two photos of up to 4096 px fit in, and no more: they share four threads with paid pictures.
 * Ten pictures of 50 megapixels peak at 393-443 MB with it on a busy machine, at up to 513 MB with
 * 200 MB, in the same time.
 */
export const DECODE_BUDGET_BYTES = 120_000_000;

/** Many times what any valid picture takes. */
const TIME_LIMIT_SECONDS = 20;

/** This share of a picture's height, at its end, may be missing. */
const DISPENSABLE_SHARE = 0.02;
/** Rows of the largest unit in which JPEG stores pixels. */
const DISPENSABLE_ROWS = 16;

/** How every picture is opened: in one pass, one frame, within the limits that its structure showed. */
const DECODING = {
  limitInputPixels: MAX_PIXELS,
  limitInputChannels: 5,
  sequentialRead: true,
  pages: 1,
} as const satisfies SharpOptions;

/**
 * Sets up the decoding of the whole process, threads included; for the composition root, once. Only
 * the decoders of the three formats stay enabled, nothing decoded is cached, and one thread decodes
 * a picture.
 */
export function configureDecoders(): void {
  sharp.block({ operation: ['VipsForeignLoad'] });
  sharp.unblock({
    operation: [
      'VipsForeignLoadJpegBuffer',
      'VipsForeignLoadPngBuffer',
      'VipsForeignLoadWebpBuffer',
    ],
  });
  sharp.cache(false);
  sharp.concurrency(1);
}

/**
 * Decodes `image`, shrunk to `longestSidePx` where it is larger, and resolves with what `encode`
 * makes of its pixels. Throws `INVALID_IMAGE (unreadable)` for pixels that cannot be decoded
 * or are missing, and `IMAGE_UNAVAILABLE (decode_timeout)`.
 */
export async function decodeImage<T>(
  image: ValidImage,
  longestSidePx: number,
  encode: (picture: Sharp) => Promise<T>,
): Promise<T> {
  const file = Buffer.concat(image.pieces);
  const decode = async (failOn: FailOn) =>
    encode(shrink(await open(image, file, longestSidePx, failOn), image, longestSidePx));
  try {
    if (image.format !== 'jpeg') return await decode('error');
    return await decode('warning').catch(async (error: unknown) => {
      await refuseMissingRows(image, file, error);
      return decode('error');
    });
  } catch (cause) {
    if (cause instanceof TaskError) throw cause;
    if (isTimeout(cause))
      throw new TaskError('IMAGE_UNAVAILABLE', { detail: 'decode_timeout', cause });
    throw unreadable(cause);
  } finally {
    freeBuffer(file);
  }
}

type FailOn = 'error' | 'warning';

/** The file, still unread, as a source of pixels. */
async function open(
  image: ValidImage,
  file: Buffer,
  longestSidePx: number,
  failOn: FailOn,
): Promise<Sharp> {
  const picture = sharp(file, { ...DECODING, failOn, autoOrient: true }).timeout({
    seconds: TIME_LIMIT_SECONDS,
  });
  const { highRange } = image;
  if (highRange !== null) return fromHighRange(resize(picture, image, longestSidePx), highRange);
  if (image.isPlainCmyk) return fromPlainCmyk(shrink(picture, image, longestSidePx));
  // Otherwise libvips turns 16-bit RGB with a profile into Display P3, and ignores that of 16-bit grey.
  return image.narrowedTo === null ? picture : picture.pipelineColourspace(image.narrowedTo);
}

function resize(picture: Sharp, image: ValidImage, longestSidePx: number): Sharp {
  if (Math.max(image.widthPx, image.heightPx) > longestSidePx) {
    picture.resize(longestSidePx, longestSidePx, { fit: 'inside', withoutEnlargement: true });
  }
  return picture;
}

function shrink(picture: Sharp, image: ValidImage, longestSidePx: number): Sharp {
  const resized = resize(picture, image, longestSidePx);
  return resized.flatten({ background: '#ffffff' }).toColourspace('srgb');
}

/**
 * Without a profile each ink takes away its share of light, as in browsers; libvips would assume a
 * printing press of its own, which turns blue into violet.
 */
async function fromPlainCmyk(picture: Sharp): Promise<Sharp> {
  const { data, info } = await picture
    .pipelineColourspace('cmyk')
    .toColourspace('cmyk')
    .raw()
    .toBuffer({ resolveWithObject: true });
  const { width, height } = info;
  const rgb = Buffer.alloc(width * height * 3);
  for (let pixel = 0; pixel < width * height; pixel += 1) {
    const light = 255 - (data[4 * pixel + 3] ?? 0);
    for (let ink = 0; ink < 3; ink += 1) {
      rgb[3 * pixel + ink] = ((255 - (data[4 * pixel + ink] ?? 0)) * light) / 255;
    }
  }
  return sharp(rgb, { raw: { width, height, channels: 3 } });
}

/** Transparency stays: the white behind it is not of high dynamic range. */
async function fromHighRange(picture: Sharp, highRange: HighRange): Promise<Sharp> {
  const pixels = picture.toColourspace('srgb').ensureAlpha().raw();
  const { data, info } = await pixels.toBuffer({ resolveWithObject: true });
  toStandardRange(data, highRange);
  const { width, height } = info;
  return sharp(data, { raw: { width, height, channels: 4 } });
}

/** Throws when `error`, or a decode of all but the last rows, says that data is missing. */
async function refuseMissingRows(image: ValidImage, file: Buffer, error: unknown): Promise<void> {
  if (!isMissingData(error)) return;
  const dispensable = Math.max(DISPENSABLE_ROWS, Math.ceil(image.heightPx * DISPENSABLE_SHARE));
  const height = image.heightPx - dispensable;
  await sharp(file, { ...DECODING, failOn: 'warning' })
    .timeout({ seconds: TIME_LIMIT_SECONDS })
    .extract({ left: 0, top: 0, width: image.widthPx, height })
    .resize(8, 8, { fit: 'fill', kernel: 'nearest' })
    .raw()
    .toBuffer()
    .catch((cause: unknown) => {
      if (isMissingData(cause)) throw unreadable(cause);
      throw cause;
    });
}

/** The decoder met a marker where there should be pixels. */
function isMissingData(error: unknown): boolean {
  return error instanceof Error && /premature end/.test(error.message);
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && /timeout/.test(error.message);
}

function unreadable(cause: unknown): TaskError {
  return new TaskError('INVALID_IMAGE', { detail: 'unreadable', cause });
}
