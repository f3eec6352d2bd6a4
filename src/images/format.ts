/**
 * What the first bytes of a file say about it. Pure, and nothing is decoded: the fetcher and
 * image gate ask it before any decoder sees the file.
 */

export type ImageFormat = 'jpeg' | 'png' | 'webp';

/** The format by its magic bytes, or null for everything that is not JPEG, PNG or WebP. */
export function imageFormat(bytes: Uint8Array): ImageFormat | null {
  const head = Buffer.from(bytes.subarray(0, 12)).toString('latin1');
  if (head.startsWith('\xff\xd8\xff')) return 'jpeg';
  if (head.startsWith('\x89PNG\r\n\x1a\n')) return 'png';
  if (head.startsWith('RIFF') && head.endsWith('WEBP')) return 'webp';
  return null;
}

/**
 * True for a PNG that holds an animation (APNG): an `acTL` chunk before the image data, as the
 * PNG specification (third edition, 11.3.7) places it. Decoders without APNG, libvips' among
 * them, see only its still image.
 */
export function isAnimatedPng(bytes: Uint8Array): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  // A chunk is its data's length (4 bytes), its type (4), the data, a checksum (4).
  for (let at = 8; at + 8 <= bytes.length; at += 12 + view.getUint32(at)) {
    const type = Buffer.from(bytes.subarray(at + 4, at + 8)).toString('latin1');
    if (type === 'acTL') return true;
    if (type === 'IDAT') return false;
  }
  return false;
}

/**
 * True for a WebP whose picture is a `VP8L` bitstream, by the RIFF chunks of the WebP container
 * specification. Its decoder holds all pixels at once, which that of lossy WebP does not.
 */
export function isLosslessWebp(bytes: Uint8Array): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  // A chunk is its type (4 bytes), its data's length (4), and the data, padded to an even length.
  for (let at = 12; at + 8 <= bytes.length; ) {
    const type = Buffer.from(bytes.subarray(at, at + 4)).toString('latin1');
    if (type === 'VP8L') return true;
    if (type === 'VP8 ') return false;
    const length = view.getUint32(at + 4, true);
    at += 8 + length + (length % 2);
  }
  return false;
}
