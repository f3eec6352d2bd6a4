/**
 * Pictures that no camera makes: headers that lie about their size, animations, files with more
 * than a picture in them. Built from small real ones, so that nothing large is stored or decoded.
 */

import { crc32, deflateSync } from 'node:zlib';
import sharp, { type Sharp } from 'sharp';

/** A picture of one colour, opaque. */
export function plain(widthPx: number, heightPx: number, colour = '#c83c1e'): Sharp {
  return sharp({ create: { width: widthPx, height: heightPx, channels: 3, background: colour } });
}

/** A PNG whose header claims a size; its pixels are those of 64 x 64. */
export async function pngClaiming(widthPx: number, heightPx: number): Promise<Buffer> {
  const png = await plain(64, 64).png().toBuffer();
  png.writeUInt32BE(widthPx, 16);
  png.writeUInt32BE(heightPx, 20);
  png.writeUInt32BE(crc32(png.subarray(12, 29)), 29);
  return png;
}

/** A JPEG whose header (baseline or progressive) claims a size, each side at most 65,535. */
export async function jpegClaiming(
  widthPx: number,
  heightPx: number,
  progressive = false,
): Promise<Buffer> {
  const jpeg = await plain(64, 64).jpeg({ progressive }).toBuffer();
  const frame = jpeg.indexOf(Buffer.from([0xff, progressive ? 0xc2 : 0xc0]));
  jpeg.writeUInt16BE(heightPx, frame + 5);
  jpeg.writeUInt16BE(widthPx, frame + 7);
  return jpeg;
}

/** A lossy WebP whose header claims a size, each side at most 16,383. */
export async function webpClaiming(widthPx: number, heightPx: number): Promise<Buffer> {
  const webp = await plain(64, 64).webp().toBuffer();
  webp.writeUInt16LE(widthPx, 26);
  webp.writeUInt16LE(heightPx, 28);
  return webp;
}

/** A lossless WebP whose header claims a size, each side at most 16,384. */
export async function losslessWebpClaiming(widthPx: number, heightPx: number): Promise<Buffer> {
  const webp = await plain(64, 64).webp({ lossless: true }).toBuffer();
  const behindSignature = 21;
  const alpha = webp.readUInt32LE(behindSignature) & 0xf000_0000;
  webp.writeUInt32LE((alpha | (widthPx - 1) | ((heightPx - 1) << 14)) >>> 0, behindSignature);
  return webp;
}

/** A WebP animation. */
export async function animatedWebp(frames: number): Promise<Buffer> {
  const pictures = Array.from({ length: frames }, (_, at) =>
    plain(8, 8, at % 2 === 0 ? 'red' : 'blue')
      .png()
      .toBuffer(),
  );
  return sharp(await Promise.all(pictures), { join: { animated: true } })
    .webp()
    .toBuffer();
}

/** The PNG with `text` in a compressed chunk, which a decoder that reads text unfolds. */
export function insertPngText(png: Buffer, text: Buffer): Buffer {
  const data = Buffer.concat([Buffer.from('Comment\0\0'), deflateSync(text, { level: 9 })]);
  return insertPngChunk(png, 'zTXt', data);
}

/** A PNG that announces an animation of `frames` frames. */
export async function animatedPng(frames: number): Promise<Buffer> {
  const control = Buffer.alloc(8);
  control.writeUInt32BE(frames, 0);
  return insertPngChunk(await plain(64, 64).png().toBuffer(), 'acTL', control);
}

/** The PNG with one more chunk, right behind its header. */
export function insertPngChunk(png: Buffer, type: string, data: Buffer): Buffer {
  const behindHeader = 33;
  const chunk = pngChunk(type, data);
  return Buffer.concat([png.subarray(0, behindHeader), chunk, png.subarray(behindHeader)]);
}

/** A chunk of a PNG, with its length and checksum. */
export function pngChunk(type: string, data: Uint8Array): Buffer {
  const chunk = Buffer.alloc(12 + data.length);
  chunk.writeUInt32BE(data.length, 0);
  chunk.write(type, 4, 'latin1');
  chunk.set(data, 8);
  chunk.writeUInt32BE(crc32(chunk.subarray(4, 8 + data.length)), 8 + data.length);
  return chunk;
}

/** The JPEG with one more segment, right behind its start. */
export function insertJpegSegment(jpeg: Buffer, marker: number, data: Uint8Array): Buffer {
  const head = Buffer.from([0xff, marker, 0, 0]);
  head.writeUInt16BE(data.length + 2, 2);
  return Buffer.concat([jpeg.subarray(0, 2), head, data, jpeg.subarray(2)]);
}

/** Grain in colour, which no encoder can make small. */
export function grain(widthPx: number, heightPx: number): Sharp {
  const noise = { type: 'gaussian', mean: 128, sigma: 40 } as const;
  const create = {
    width: widthPx,
    height: heightPx,
    channels: 3,
    background: 'red',
    noise,
  } as const;
  return sharp({ create });
}
