/**
 * The structure of a PNG file, and the file with only the chunks that its pixels need. Text chunks
 * may unfold to gigabytes while a decoder reads the header, so no decoder sees them.
 */
import { crc32, deflateSync, inflateSync } from 'node:zlib';
import { latin1, MAX_PARTS, Pieces, viewOf } from './bytes.ts';
import type { ImageStructure, Unfit } from './format.ts';
import { isUsableProfile, MAX_PROFILE_BYTES, type ProfileSpace } from './icc-profile.ts';
import { readOrientation, writeOrientation } from './orientation.ts';
import { highRangeOf, profileOf } from './png-colours.ts';

const SIGNATURE_BYTES = 8;
const IHDR_BYTES = 13;
/** Samples of a pixel by colour type: grey, RGB, palette, grey and RGB with transparency. */
const CHANNELS: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };
/** Chunks before the pixels that are read here; of each the first one counts. */
const READ = ['acTL', 'cICP', 'cHRM', 'eXIf', 'gAMA', 'iCCP', 'sRGB'];

interface Chunks {
  readonly read: ReadonlyMap<string, Uint8Array>;
  /** The palette and its transparency, then the pixels, with lengths and checksums. */
  readonly colours: Pieces;
  readonly pixels: Pieces;
}

/** `unreadable`: a file whose structure is damaged or ends before its pixels do. */
export function readPng(file: Uint8Array): ImageStructure | Unfit {
  const chunks = readChunks(file);
  if (chunks === null) return 'unreadable';
  const header = SIGNATURE_BYTES + 8;
  const view = viewOf(file);
  const [bitDepth = 0, colourType = 0, , , interlace = 0] = file.subarray(header + 8);
  const channels = CHANNELS[colourType];
  const [colours, pixels] = [chunks.colours.all(), chunks.pixels.all()];
  if (channels === undefined || colours === null || !pixels?.length) return 'unreadable';
  const isGrey = colourType === 0 || colourType === 4;
  const control = chunks.read.get('acTL');
  return {
    format: 'png',
    widthPx: view.getUint32(header),
    heightPx: view.getUint32(header + 4),
    narrowedTo: bitDepth === 16 ? (isGrey ? 'b-w' : 'srgb') : null,
    frames: control === undefined || control.length < 4 ? 1 : viewOf(control).getUint32(0),
    scans: 1,
    highRange: highRangeOf(chunks.read.get('cICP') ?? null),
    heldBytesPerPixel: interlace === 0 ? 0 : heldBytes(colourType, bitDepth, channels),
    isPlainCmyk: false,
    pieces: [
      file.subarray(0, header + IHDR_BYTES + 4),
      ...descriptions(chunks.read, isGrey ? 'GRAY' : 'RGB '),
      ...colours,
      ...pixels,
      chunk('IEND', new Uint8Array()),
    ],
  };
}

/** A palette is resolved to colours with transparency at once. */
function heldBytes(colourType: number, bitDepth: number, channels: number): number {
  if (colourType === 3) return 4;
  return channels * (bitDepth === 16 ? 2 : 1);
}

/** A chunk is its data's length (4 bytes), its type (4), the data, a checksum (4). */
function readChunks(file: Uint8Array): Chunks | null {
  const view = viewOf(file);
  const read = new Map<string, Uint8Array>();
  const [colours, pixels] = [new Pieces(file), new Pieces(file)];
  let hasPixels = false;
  let parts = 0;
  for (let at = SIGNATURE_BYTES; at + 12 <= file.length; parts += 1) {
    if (parts === MAX_PARTS) return null;
    const type = latin1(file, at + 4, at + 8);
    const end = at + 12 + view.getUint32(at);
    if ((type === 'IHDR') !== (at === SIGNATURE_BYTES)) return null;
    if (type === 'IHDR' && end - at - 12 !== IHDR_BYTES) return null;
    if (type === 'IEND') break;
    if (end > file.length) return hasPixels && type !== 'IDAT' ? { read, colours, pixels } : null;
    if (type === 'IDAT') {
      hasPixels = true;
      pixels.keep(at, end);
    } else if (!hasPixels && (type === 'PLTE' || type === 'tRNS')) {
      colours.keep(at, end);
    } else if (!hasPixels && READ.includes(type) && !read.has(type)) {
      read.set(type, file.subarray(at + 8, end - 4));
    }
    at = end;
  }
  return hasPixels ? { read, colours, pixels } : null;
}

/** What the pixels mean, in the order of PNG's precedence: colours by cICP, iCCP, sRGB, or cHRM and gAMA. */
function descriptions(read: ReadonlyMap<string, Uint8Array>, space: ProfileSpace): Uint8Array[] {
  const get = (type: string) => read.get(type) ?? null;
  const described = [];
  const [cICP, iCCP, gAMA, cHRM] = [get('cICP'), get('iCCP'), get('gAMA'), get('cHRM')];
  if (cICP === null && iCCP !== null) {
    if (isUsableProfileChunk(iCCP, space)) described.push(chunk('iCCP', iCCP));
  } else if (highRangeOf(cICP) === null && (cICP !== null || !read.has('sRGB'))) {
    const profile = profileOf({ cICP, gAMA, cHRM }, space === 'GRAY');
    if (profile !== null) described.push(chunk('iCCP', profileChunk(profile)));
  }
  const orientation = readOrientation(get('eXIf') ?? new Uint8Array());
  if (orientation !== 1) described.push(chunk('eXIf', writeOrientation(orientation)));
  return described;
}

/** iCCP is a name of 1 to 79 characters, a zero, the method (0: deflate) and the compressed profile. */
function isUsableProfileChunk(data: Uint8Array, space: ProfileSpace): boolean {
  const zero = data.subarray(0, 80).indexOf(0);
  if (zero < 1 || data[zero + 1] !== 0) return false;
  try {
    const options = { maxOutputLength: MAX_PROFILE_BYTES };
    return isUsableProfile(inflateSync(data.subarray(zero + 2), options), space);
  } catch {
    return false;
  }
}

function profileChunk(profile: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.from('colours\0\0'), deflateSync(profile)]);
}

function chunk(type: string, data: Uint8Array): Uint8Array {
  const bytes = Buffer.alloc(12 + data.length);
  bytes.writeUInt32BE(data.length, 0);
  bytes.write(type, 4, 'latin1');
  bytes.set(data, 8);
  bytes.writeUInt32BE(crc32(bytes.subarray(4, 8 + data.length)), 8 + data.length);
  return bytes;
}
