/**
 * What the first bytes of a file say about it, and what its structure tells before any decoder
 * sees it. Pure: the fetcher and image validation ask it.
 */

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
export type Unfit = 'unreadable' | 'unsupported';

/** More kept pieces than any real file has; bounds the memory that hostile ones take. */
const MAX_PIECES = 4_096;

/** Collects the parts of `file` that are kept; neighbours become one piece. */
export class Pieces {
  readonly #file: Uint8Array;
  readonly #pieces: Uint8Array[] = [];
  #from = 0;
  #to = 0;

  constructor(file: Uint8Array) {
    this.#file = file;
  }

  /** Keeps the bytes of the file from `from` up to `to`. */
  keep(from: number, to: number): void {
    if (from !== this.#to) {
      this.#flush();
      this.#from = from;
    }
    this.#to = to;
  }

  /** Puts bytes there that are not of the file. */
  insert(bytes: Uint8Array): void {
    this.#flush();
    this.#pieces.push(bytes);
  }

  /** All of them, or null where there are too many. */
  all(): readonly Uint8Array[] | null {
    this.#flush();
    return this.#pieces.length > MAX_PIECES ? null : this.#pieces;
  }

  #flush(): void {
    if (this.#to > this.#from && this.#pieces.length <= MAX_PIECES) {
      this.#pieces.push(this.#file.subarray(this.#from, this.#to));
    }
    this.#from = this.#to;
  }
}

/** The bytes from `from` up to `to` as text, one character a byte. */
export function latin1(bytes: Uint8Array, from: number, to: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1', from, to);
}

/** A view of the same bytes that reads numbers. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
