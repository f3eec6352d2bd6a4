/**
 * The gate that every picture of other people passes before it is decoded: format, size and
 * frames are read from the header, and what would cost too much is refused there.
 */

import sharp, { type Metadata, type SharpOptions } from 'sharp';
import { TaskError } from '../errors.ts';
import { type ImageFormat, imageFormat, isAnimatedPng, isLosslessWebp } from './format.ts';

export const MAX_PIXELS = 50_000_000;

/** The largest side WebP can hold (16,383) and more than any camera makes; bounds odd shapes such as 1 x 50,000,000. */
export const MAX_SIDE_PX = 16_384;

/**
 * What one picture may take while it is decoded, and all pictures together: 50 megapixels of
 * four bytes. Only exotic pictures of that size take more (interlaced with 16 bits, progressive
 * without chroma subsampling or in CMYK).
 */
export const MAX_DECODE_BYTES = 200_000_000;

/**
 * What all decoding of the process may take at once; a picture that takes more is decoded alone.
 * Ten pictures of 50 megapixels peak at 393-443 MB with it on a busy machine, at up to 513 MB with
 * 200 MB, in the same time.
 */
export const DECODE_BUDGET_BYTES = 120_000_000;

/** What decoding a picture takes that can be read in strips: measured at 50 megapixels, rounded up. */
const STRIPS_BYTES = 100_000_000;

/** How every picture is opened: abort on errors in the pixels, in one pass, one frame. */
export const DECODING = {
  failOn: 'error',
  limitInputPixels: MAX_PIXELS,
  limitInputChannels: 5,
  sequentialRead: true,
  pages: 1,
} as const satisfies SharpOptions;

/**
 * Sets up the decoding of the whole process, threads included; for the composition root, once. No
 * decoder but the three works any more, nothing decoded is kept for later, and a picture is decoded
 * by one thread.
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

export interface ImageHeader {
  readonly format: ImageFormat;
  /** As stored, before the EXIF orientation is applied. */
  readonly widthPx: number;
  readonly heightPx: number;
  readonly bitsPerSample: 8 | 16;
  /** An upper estimate of the memory that decoding takes. */
  readonly decodeBytes: number;
}

/**
 * Reads the header of a JPEG, PNG or WebP without decoding it. Throws `INVALID_IMAGE`:
 * `unsupported` (another format, or an animation), `too_large` (over 50 megapixels, or over
 * `MAX_DECODE_BYTES` to decode) or `unreadable` (no sound header).
 */
export async function readImageHeader(bytes: Uint8Array): Promise<ImageHeader> {
  const format = imageFormat(bytes);
  if (format === null) throw invalid('unsupported');
  const metadata = await readMetadata(bytes);
  if (metadata.format !== format) throw invalid('unsupported');
  if ((metadata.pages ?? 1) > 1 || (format === 'png' && isAnimatedPng(bytes))) {
    throw invalid('unsupported');
  }
  const { width: widthPx, height: heightPx } = metadata;
  const decodeBytes = decodeCost(bytes, metadata);
  if (widthPx * heightPx > MAX_PIXELS || Math.max(widthPx, heightPx) > MAX_SIDE_PX) {
    throw invalid('too_large');
  }
  if (decodeBytes > MAX_DECODE_BYTES) throw invalid('too_large');
  const bitsPerSample = metadata.depth === 'ushort' ? 16 : 8;
  return { format, widthPx, heightPx, bitsPerSample, decodeBytes };
}

async function readMetadata(bytes: Uint8Array): Promise<Metadata> {
  try {
    // The limit is ours to apply: the decoder's own would be reported as a damaged picture.
    return await sharp(bytes, { ...DECODING, limitInputPixels: false }).metadata();
  } catch (error) {
    throw invalid('unreadable', error);
  }
}

/**
 * Bytes that a decoder holds at once. Interlaced PNG, progressive JPEG and lossless WebP are
 * held whole: as pixels, as 16-bit coefficients, and as pixels of four bytes.
 */
function decodeCost(bytes: Uint8Array, metadata: Metadata): number {
  const { width, height, channels, depth, format, isProgressive } = metadata;
  const perPixel = () => {
    if (format === 'webp') return isLosslessWebp(bytes) ? 4 : 0;
    if (!isProgressive) return 0;
    if (format === 'jpeg') return 2 * (metadata.chromaSubsampling === '4:2:0' ? 1.5 : channels);
    return channels * (depth === 'ushort' ? 2 : 1);
  };
  return Math.max(STRIPS_BYTES, width * height * perPixel());
}

function invalid(detail: 'unsupported' | 'too_large' | 'unreadable', cause?: unknown): TaskError {
  return new TaskError('INVALID_IMAGE', { detail, cause });
}
