/**
 * The format of a picture's file by its first bytes, and the facts that are read off its structure
 * before any decoder sees it.
 */
import { latin1 } from './bytes.ts';
import type { HighRange } from './high-dynamic-range.ts';

export type ImageFormat = 'jpeg' | 'png' | 'webp';

/** The format by its magic bytes, or null for everything that is not JPEG, PNG or WebP. */
export function imageFormat(bytes: Uint8Array): ImageFormat | null {
  const head = latin1(bytes, 0, 12);
  if (head.startsWith('\xff\xd8\xff')) return 'jpeg';
  if (head.startsWith('\x89PNG\r\n\x1a\n')) return 'png';
  if (head.startsWith('RIFF') && head.endsWith('WEBP')) return 'webp';
  return null;
}

/** The brands of HEIC and HEIF files whose pictures are coded in HEVC (ISO/IEC 23008-12, annex B). */
const HEVC_BRAND = /^(....)+?(hei[cxms]|hev[cxms])/s;

/** Why a file cannot be used that is not JPEG, PNG or WebP: phones' own format has a reason of its own. */
export function foreignFormat(bytes: Uint8Array): 'heic' | 'unsupported' {
  const isMediaFile = latin1(bytes, 4, 8) === 'ftyp';
  return isMediaFile && HEVC_BRAND.test(latin1(bytes, 4, 64)) ? 'heic' : 'unsupported';
}

/** A picture's file by its structure, without a pixel decoded. */
export interface ImageStructure {
  readonly format: ImageFormat;
  /** As stored, before the EXIF orientation is applied. */
  readonly widthPx: number;
  readonly heightPx: number;
  /** The 8-bit colour space that 16-bit samples are converted to; null where samples have 8 bits. */
  readonly narrowedTo: 'srgb' | 'b-w' | null;
  /** Frames of an animation; one in a still picture. */
  readonly frames: number;
  /** Passes over the pixels that the data makes: more than one in progressive JPEG. */
  readonly scans: number;
  /** Bytes for each pixel that decoding holds at once; zero where it reads in strips. */
  readonly heldBytesPerPixel: number;
  /** CMYK without a profile that says what its inks look like. */
  readonly isPlainCmyk: boolean;
  /** How pixels of high dynamic range are stored; null for all others. */
  readonly highRange: HighRange | null;
  /** The file with only what its decoding needs, as pieces of the original. */
  readonly pieces: readonly Uint8Array[];
}

/** Why a file's structure says that it cannot be used: damaged, or a kind that is not decoded here. */
export type Unfit = 'unreadable' | 'unusual_jpeg';
