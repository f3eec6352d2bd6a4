/**
 * Image validation: every picture from outside passes it before it is decoded. Format, size,
 * frames and scans are read from the file's structure, and what would cost too much is refused.
 */
import { TaskError } from '../errors.ts';
import {
  foreignFormat,
  type ImageFormat,
  type ImageStructure,
  imageFormat,
  type Unfit,
} from './format.ts';
import { readJpeg } from './jpeg.ts';
import { readPng } from './png.ts';
import { readWebp } from './webp.ts';

/** What phones sell as 50 megapixels: up to 8192 x 6144. */
export const MAX_PIXELS = 50_500_000;

/** The largest side WebP can hold (16,383) and more than any camera makes; bounds odd shapes such as 1 x 50,000,000. */
const MAX_SIDE_PX = 16_384;

/** No one can be seen in less: tracking pixels and slivers. */
const MIN_SIDE_PX = 64;

/** Encoders make about ten; a decoder goes over all pixels for every one, however few bytes it has. */
const MAX_SCANS = 100;
/** 40 scans of the largest picture, which take about two seconds. No time limit ends a decoder among its scans. */
const MAX_PIXEL_VISITS = 40 * MAX_PIXELS;

/**
 * What one picture may take while it is decoded: `MAX_PIXELS` of four bytes. Only exotic pictures
 * of that size take more (interlaced with 16 bits, progressive without chroma subsampling or in CMYK).
 */
export const MAX_DECODE_BYTES = 202_000_000;

/**
 * Memory for decoding a picture that can be read in strips, which grows with the length of its rows:
 * measured at 50 megapixels and at 4096 px (16-bit PNG takes the most, baseline JPEG a third of it),
 * rounded up. Two pictures of the second kind fit into the budget of decoding.
 */
const STRIPS_BYTES = 100_000_000;
const SHORT_STRIPS_BYTES = 60_000_000;
const SHORT_SIDE_PX = 4_096;

/**
 * Pictures of up to this many pixels decode within 0.2 s, measured with the slowest kinds (interlaced PNG, 8-bit
 * PNG with transparency and a colour profile). JPEG leaves out what shrinking would, except in several scans or CMYK.
 */
const FAST_PIXELS = 4_000_000;
const FAST_PIXELS_IN_JPEG = 16_000_000;

/** A picture that may be decoded. */
export interface ValidImage extends ImageStructure {
  /** An upper estimate of the memory that decoding takes. */
  readonly decodeBytes: number;
  /** Decoding may take a second or two, so that it must not delay other pictures. */
  readonly isSlow: boolean;
}

const READERS: Readonly<Record<ImageFormat, (file: Uint8Array) => ImageStructure | Unfit>> = {
  jpeg: readJpeg,
  png: readPng,
  webp: readWebp,
};

/** Why a file is refused; each has a text of its own in the error catalogue. */
type Refusal =
  | Unfit
  | ReturnType<typeof foreignFormat>
  | 'animated'
  | 'too_large'
  | 'side_too_long'
  | 'too_small'
  | 'too_many_scans'
  | 'too_costly';

/**
 * Reads the structure of a JPEG, PNG or WebP without decoding it. Throws `INVALID_IMAGE`:
 * `unsupported` or `heic` (another format), `unusual_jpeg`, `unreadable` (damaged), `animated`, or
 * which limit it exceeds.
 */
export function validateImage(file: Uint8Array): ValidImage {
  const format = imageFormat(file);
  if (format === null) throw invalid(foreignFormat(file));
  const structure = READERS[format](file);
  if (typeof structure === 'string') throw invalid(structure);
  const decodeBytes = decodeCost(structure);
  const refusal = refusalOf(structure, decodeBytes);
  if (refusal !== null) throw invalid(refusal);
  return { ...structure, decodeBytes, isSlow: isSlow(structure) };
}

function refusalOf(structure: ImageStructure, decodeBytes: number): Refusal | null {
  const { widthPx, heightPx, frames, scans } = structure;
  if (widthPx === 0 || heightPx === 0) return 'unreadable';
  if (frames > 1) return 'animated';
  if (widthPx * heightPx > MAX_PIXELS) return 'too_large';
  if (Math.max(widthPx, heightPx) > MAX_SIDE_PX) return 'side_too_long';
  if (Math.min(widthPx, heightPx) < MIN_SIDE_PX) return 'too_small';
  if (scans > MAX_SCANS || scans * widthPx * heightPx > MAX_PIXEL_VISITS) return 'too_many_scans';
  return decodeBytes > MAX_DECODE_BYTES ? 'too_costly' : null;
}

function decodeCost({ widthPx, heightPx, heldBytesPerPixel }: ImageStructure): number {
  const isShort = Math.max(widthPx, heightPx) <= SHORT_SIDE_PX;
  const stripsBytes = isShort ? SHORT_STRIPS_BYTES : STRIPS_BYTES;
  return Math.max(stripsBytes, widthPx * heightPx * heldBytesPerPixel);
}

function isSlow(structure: ImageStructure): boolean {
  const { format, widthPx, heightPx, heldBytesPerPixel, isPlainCmyk } = structure;
  const shrinksEarly = format === 'jpeg' && heldBytesPerPixel === 0 && !isPlainCmyk;
  return widthPx * heightPx > (shrinksEarly ? FAST_PIXELS_IN_JPEG : FAST_PIXELS);
}

function invalid(detail: Refusal): TaskError {
  return new TaskError('INVALID_IMAGE', { detail });
}
