/**
 * The structure of a WebP file (RFC 9649), and the file with only the chunks that its pixels need.
 */
import { latin1, MAX_PARTS, Pieces, viewOf } from './bytes.ts';
import type { ImageStructure, Unfit } from './format.ts';
import { isUsableProfile } from './icc-profile.ts';
import { readOrientation, writeOrientation } from './orientation.ts';

const RIFF_HEADER_BYTES = 12;
/** Bits of the extended header that say what the file holds. */
const [HAS_PROFILE, HAS_EXIF, HAS_XMP] = [0x20, 0x08, 0x04];
/** The picture in its forms, its transparency, and the frames of an animation. */
const PIXELS = ['VP8 ', 'VP8L', 'ALPH', 'ANIM', 'ANMF'];

interface Chunks {
  /** The data of the first chunk of each type. */
  readonly first: ReadonlyMap<string, Uint8Array>;
  readonly frames: number;
  readonly pixels: readonly Uint8Array[];
}

/** `unreadable`: a file whose structure is damaged or ends before its pixels do. */
export function readWebp(file: Uint8Array): ImageStructure | Unfit {
  const chunks = readChunks(file);
  if (chunks === null) return 'unreadable';
  const size = sizeOf(chunks.first);
  if (size === null) return 'unreadable';
  return {
    format: 'webp',
    ...size,
    narrowedTo: null,
    highRange: null,
    frames: Math.max(1, chunks.frames),
    scans: 1,
    heldBytesPerPixel: heldBytes(chunks),
    isPlainCmyk: false,
    pieces: assemble(chunks),
  };
}

/** A chunk is its type (4 bytes), its data's length (4), and the data, padded to an even length. */
function readChunks(file: Uint8Array): Chunks | null {
  const view = viewOf(file);
  const first = new Map<string, Uint8Array>();
  const pixels = new Pieces(file);
  let frames = 0;
  let parts = 0;
  for (let at = RIFF_HEADER_BYTES; at + 8 <= file.length; parts += 1) {
    if (parts === MAX_PARTS) return null;
    const type = latin1(file, at, at + 4);
    const length = view.getUint32(at + 4, true);
    const end = at + 8 + length;
    if (end > file.length) return null;
    const isRepeated = first.has(type) && type !== 'ANMF';
    if (!first.has(type) && first.size < 100) first.set(type, file.subarray(at + 8, end));
    if (type === 'ANMF') frames += 1;
    const paddedEnd = end + (length % 2);
    if (PIXELS.includes(type) && !isRepeated) {
      pixels.keep(at, Math.min(paddedEnd, file.length));
      if (paddedEnd > file.length) pixels.insert(new Uint8Array(1));
    }
    at = paddedEnd;
  }
  const pieces = pixels.all();
  return pieces === null ? null : { first, frames, pixels: pieces };
}

function sizeOf(first: Chunks['first']): { widthPx: number; heightPx: number } | null {
  const [extended, lossy, lossless] = [first.get('VP8X'), first.get('VP8 '), first.get('VP8L')];
  if (extended !== undefined) {
    if (extended.length < 10) return null;
    const view = viewOf(extended);
    const side = (at: number) => 1 + view.getUint16(at, true) + (view.getUint8(at + 2) << 16);
    return { widthPx: side(4), heightPx: side(7) };
  }
  if (lossy !== undefined) {
    if (lossy.length < 10) return null;
    const view = viewOf(lossy);
    return {
      widthPx: view.getUint16(6, true) & 0x3fff,
      heightPx: view.getUint16(8, true) & 0x3fff,
    };
  }
  if (lossless === undefined || lossless.length < 5) return null;
  const bits = viewOf(lossless).getUint32(1, true);
  return { widthPx: 1 + (bits & 0x3fff), heightPx: 1 + ((bits >>> 14) & 0x3fff) };
}

/** Lossless pictures are held whole, with transparency; a frame is held in addition to the canvas it is drawn on. */
function heldBytes({ first, frames }: Chunks): number {
  if (frames > 0) return 8;
  return first.has('VP8L') ? 4 : 0;
}

function assemble({ first, pixels }: Chunks): Uint8Array[] {
  const extended = first.get('VP8X');
  const chunks: Uint8Array[] = [...pixels];
  if (extended !== undefined) {
    const header = Buffer.from(extended.subarray(0, 10));
    const profile = first.get('ICCP');
    const orientation = readOrientation(withoutPrefix(first.get('EXIF')));
    let flags = (header[0] ?? 0) & ~(HAS_PROFILE | HAS_EXIF | HAS_XMP);
    if (profile !== undefined && isUsableProfile(profile, 'RGB ')) {
      flags |= HAS_PROFILE;
      chunks.unshift(chunk('ICCP', profile));
    }
    if (orientation !== 1) {
      flags |= HAS_EXIF;
      chunks.push(chunk('EXIF', writeOrientation(orientation)));
    }
    header[0] = flags;
    chunks.unshift(chunk('VP8X', header));
  }
  const size = chunks.reduce((sum, { length }) => sum + length, 4);
  const riff = Buffer.from('RIFF\0\0\0\0WEBP', 'latin1');
  riff.writeUInt32LE(size, 4);
  return [riff, ...chunks];
}

/** Some writers put JPEG's prefix before the block. */
function withoutPrefix(exif: Uint8Array = new Uint8Array()): Uint8Array {
  return latin1(exif, 0, 6) === 'Exif\0\0' ? exif.subarray(6) : exif;
}

function chunk(type: string, data: Uint8Array): Uint8Array {
  const bytes = Buffer.alloc(8 + data.length + (data.length % 2));
  bytes.write(type, 'latin1');
  bytes.writeUInt32LE(data.length, 4);
  bytes.set(data, 8);
  return bytes;
}
