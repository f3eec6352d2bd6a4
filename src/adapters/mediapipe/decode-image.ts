/**
 * A photo's file as plain pixels, the way the pose goldens were made: EXIF orientation applied,
 * sRGB, transparency on white, no resize. Refuses from the header what should not be decoded.
 */
import sharp, { type Metadata } from 'sharp';
import type { UnusableImage } from './pose.ts';

/** Rows of red, green, blue, one byte each. */
export interface RgbImage {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** Thrown for a file that cannot be decoded, or should not be. */
export class UnusableImageError extends Error {
  override readonly name = 'UnusableImageError';
  readonly reason: UnusableImage;

  constructor(reason: UnusableImage, cause?: unknown) {
    super(`the image is ${reason}`, { cause });
    this.reason = reason;
  }
}

const MAX_PIXELS = 50_000_000;
const FORMATS = new Set<string | undefined>(['jpeg', 'png', 'webp']);

/** Throws UnusableImageError for anything but one frame of JPEG, PNG or WebP of at most 50 megapixels. */
export async function decodeImage(file: Uint8Array): Promise<RgbImage> {
  if (!startsLikeAPicture(file)) throw new UnusableImageError('unsupported');
  const decoder = sharp(file, { limitInputPixels: false, failOn: 'error' });
  checkHeader(await decoder.metadata().catch(unreadable));
  const { data, info } = await decoder
    .autoOrient()
    .flatten({ background: '#ffffff' })
    .toColourspace('srgb')
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true })
    .catch(unreadable);
  return { width: info.width, height: info.height, data: threeChannels(data, info.channels) };
}

/** The first bytes of JPEG, PNG and WebP; keeps every other decoder out of reach. */
function startsLikeAPicture(file: Uint8Array): boolean {
  const head = Buffer.from(file.subarray(0, 12)).toString('latin1');
  const webp = head.startsWith('RIFF') && head.endsWith('WEBP');
  return head.startsWith('\xff\xd8\xff') || head.startsWith('\x89PNG\r\n\x1a\n') || webp;
}

function checkHeader({ format, pages = 1, width, height }: Metadata): void {
  if (!FORMATS.has(format) || pages > 1) throw new UnusableImageError('unsupported');
  if (width * height > MAX_PIXELS) throw new UnusableImageError('too_large');
}

function unreadable(cause: unknown): never {
  throw new UnusableImageError('unreadable', cause);
}

/** Grey pictures come with one channel. */
function threeChannels(data: Uint8Array, channels: number): Uint8Array {
  if (channels === 3) return data;
  if (channels !== 1) throw new UnusableImageError('unsupported');
  const rgb = new Uint8Array(data.length * 3);
  for (let i = 0; i < data.length; i += 1) rgb.fill(data[i] ?? 0, 3 * i, 3 * i + 3);
  return rgb;
}
