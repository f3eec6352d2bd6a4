/**
 * The gate that every picture of other people passes before it is decoded: format, size and
 * frames are read from the header, and what would cost too much is refused there.
 */

import sharp, { type Metadata, type SharpOptions } from 'sharp';
import { TaskError } from './errors.ts';
import { type ImageFormat, imageFormat, isAnimatedPng } from './image-header.ts';

export const MAX_PIXELS = 50_000_000;

/** The largest side WebP can hold (16,383) and more than any camera makes; bounds odd shapes such as 1 x 50,000,000. */
export const MAX_SIDE_PX = 16_384;

/**
 * What one picture may take while it is decoded: a progressive JPEG of 50 megapixels without
 * chroma subsampling. Only exotic pictures take more (interlaced with 16 bits, progressive CMYK).
 */
export const MAX_DECODE_BYTES = 300_000_000;

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
  const decodeBytes = decodeCost(metadata);
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
 * Bytes that a decoder holds at once. Interlaced PNG and progressive JPEG are complete only
 * with their last byte, so they are held whole: PNG as pixels, JPEG as 16-bit coefficients.
 */
function decodeCost({ width, height, channels, depth, format, isProgressive }: Metadata): number {
  if (!isProgressive) return STRIPS_BYTES;
  const bytesPerSample = format === 'jpeg' || depth === 'ushort' ? 2 : 1;
  return Math.max(STRIPS_BYTES, width * height * channels * bytesPerSample);
}

function invalid(detail: 'unsupported' | 'too_large' | 'unreadable', cause?: unknown): TaskError {
  return new TaskError('INVALID_IMAGE', { detail, cause });
}
