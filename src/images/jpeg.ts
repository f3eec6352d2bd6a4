/**
 * The structure of a JPEG file (ITU-T T.81, annex B), and the file with only the segments that its
 * pixels need: what follows the first picture, comments and every APPn but JFIF, Adobe, the colour
 * profile and the orientation are left out, and a missing end marker is put there.
 */
import { latin1, MAX_PARTS, Pieces } from './bytes.ts';
import type { ImageStructure, Unfit } from './format.ts';
import { isUsableProfile, MAX_PROFILE_BYTES, type ProfileSpace } from './icc-profile.ts';
import { readOrientation, writeOrientation } from './orientation.ts';

const START_OF_FRAME = { baseline: 0xc0, extended: 0xc1, progressive: 0xc2 } as const;
/** Lossless and differential frames, and arithmetic coding, which hardly any browser shows. */
const OTHER_FRAMES = [0xc3, 0xc5, 0xc6, 0xc7, 0xc9, 0xca, 0xcb, 0xcd, 0xce, 0xcf];
const [HUFFMAN_TABLES, END, SCAN, QUANTISATION, RESTARTS] = [0xc4, 0xd9, 0xda, 0xdb, 0xdd];
const [JFIF, EXIF, ICC, ADOBE] = [0xe0, 0xe1, 0xe2, 0xee];
/** Version 1.1, without density and preview. */
const JFIF_SEGMENT = Buffer.from('\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0', 'latin1');
const SPACE_OF: Readonly<Record<number, ProfileSpace>> = { 1: 'GRAY', 3: 'RGB ', 4: 'CMYK' };

interface Component {
  readonly id: number;
  readonly samples: number;
}

interface Frame {
  readonly isProgressive: boolean;
  readonly heightPx: number;
  readonly widthPx: number;
  readonly components: readonly Component[];
  /** Samples a pixel when no component is subsampled, by T.81 A.1.1. */
  readonly largestSampling: number;
}

/** What one pass over the segments finds. */
interface Segments {
  readonly pieces: Pieces;
  readonly profileParts: Uint8Array[];
  frame: Frame | null;
  scans: number;
  /** Components that some scan has begun. */
  readonly begun: Set<number>;
  orientation: number | null;
  hasJfif: boolean;
  adobe: Uint8Array | null;
}

/**
 * `unreadable`: the structure is damaged, or a colour component is missing. Whether pixels are
 * missing shows when they are decoded.
 */
export function readJpeg(file: Uint8Array): ImageStructure | Unfit {
  const segments = readSegments(file);
  if (typeof segments === 'string') return segments;
  const { frame, scans, begun } = segments;
  const pieces = segments.pieces.all();
  if (frame === null || pieces === null) return 'unreadable';
  if (frame.components.some(({ id }) => !begun.has(id))) return 'unreadable';
  const space = SPACE_OF[frame.components.length];
  if (space === undefined) return 'unusual_jpeg';
  const profile = profileSegments(segments.profileParts, space);
  const samples = frame.components.reduce((sum, component) => sum + component.samples, 0);
  return {
    format: 'jpeg',
    widthPx: frame.widthPx,
    heightPx: frame.heightPx,
    narrowedTo: null,
    highRange: null,
    frames: 1,
    scans,
    // More than one scan: coefficients of two bytes are held until the last one.
    heldBytesPerPixel: scans > 1 || frame.isProgressive ? (2 * samples) / frame.largestSampling : 0,
    isPlainCmyk: space === 'CMYK' && profile.length === 0,
    pieces: [file.subarray(0, 2), ...descriptions(segments), ...profile, ...pieces, END_MARKER],
  };
}

const END_MARKER = Uint8Array.of(0xff, END);

function readSegments(file: Uint8Array): Segments | Unfit {
  const segments: Segments = {
    pieces: new Pieces(file),
    profileParts: [],
    frame: null,
    scans: 0,
    begun: new Set(),
    orientation: null,
    hasJfif: false,
    adobe: null,
  };
  for (let at = 2, parts = 0; parts < MAX_PARTS; parts += 1) {
    const found = nextMarker(file, at);
    if (found === null || file[found + 1] === END) return segments;
    const end = found + 2 + lengthAt(file, found + 2);
    if (end > file.length || end < found + 4) return 'unreadable';
    const marker = file[found + 1] ?? 0;
    if (marker === SCAN) {
      at = endOfData(file, end);
      if (!readScan(file.subarray(found, end), segments)) return 'unreadable';
      segments.pieces.keep(found, at);
    } else {
      const unfit = readSegment(marker, file.subarray(found + 4, end), segments);
      if (unfit !== null) return unfit;
      if (isKept(marker)) segments.pieces.keep(found, end);
      at = end;
    }
  }
  return 'unreadable';
}

function lengthAt(file: Uint8Array, at: number): number {
  return ((file[at] ?? 0) << 8) | (file[at + 1] ?? 0);
}

/** Where the next marker with a meaning stands; what is between markers is skipped, as decoders do. */
function nextMarker(file: Uint8Array, from: number): number | null {
  for (let at = from; at + 1 < file.length; at += 1) {
    const marker = file[at + 1] ?? 0;
    if (file[at] === 0xff && marker !== 0 && marker !== 0xff && !isBare(marker)) return at;
  }
  return null;
}

/** RST0-RST7 and TEM stand alone, without a length. */
function isBare(marker: number): boolean {
  return (marker >= 0xd0 && marker <= 0xd7) || marker === 0x01;
}

/** Starting a search costs as much as reading this many bytes, and hostile data has 0xff in every other one. */
const SEARCH_BYTES = 32;

/** The end of a scan's data: the next marker that is not a restart, or the end of the file. */
function endOfData(file: Uint8Array, from: number): number {
  let searchFrom = from;
  for (let at = from; at + 1 < file.length; at += 1) {
    if (file[at] !== 0xff) {
      if (at < searchFrom) continue;
      at = file.indexOf(0xff, at);
      if (at === -1 || at + 1 === file.length) break;
    }
    searchFrom = at + SEARCH_BYTES;
    const next = file[at + 1] ?? 0;
    if (next !== 0 && next !== 0xff && !(next >= 0xd0 && next <= 0xd7)) return at;
  }
  return file.at(-1) === 0xff ? file.length - 1 : file.length;
}

function isKept(marker: number): boolean {
  return isFrame(marker) || [HUFFMAN_TABLES, QUANTISATION, RESTARTS].includes(marker);
}

function isFrame(marker: number): boolean {
  return marker >= START_OF_FRAME.baseline && marker <= START_OF_FRAME.progressive;
}

/** Notes what the segment says; returns why the file cannot be used, or null. */
function readSegment(marker: number, data: Uint8Array, segments: Segments): Unfit | null {
  if (OTHER_FRAMES.includes(marker)) return 'unusual_jpeg';
  if (isFrame(marker)) {
    if (segments.frame !== null) return 'unreadable';
    const frame = readFrame(marker, data);
    if (typeof frame === 'string') return frame;
    segments.frame = frame;
  }
  if (marker === JFIF && latin1(data, 0, 5) === 'JFIF\0') segments.hasJfif = true;
  if (marker === ADOBE && latin1(data, 0, 5) === 'Adobe') segments.adobe ??= data.subarray(0, 12);
  if (marker === EXIF && latin1(data, 0, 6) === 'Exif\0\0') {
    segments.orientation ??= readOrientation(data.subarray(6));
  }
  if (marker === ICC && latin1(data, 0, 12) === 'ICC_PROFILE\0') segments.profileParts.push(data);
  return null;
}

function readFrame(marker: number, data: Uint8Array): Frame | Unfit {
  const [precision, count = 0] = [data[0], data[5]];
  if (precision !== 8) return 'unusual_jpeg';
  if (count === 0 || data.length !== 6 + 3 * count) return 'unreadable';
  const sides = Array.from({ length: count }, (_, at) => {
    const sampling = data[7 + 3 * at] ?? 0;
    return { id: data[6 + 3 * at] ?? 0, across: sampling >> 4, down: sampling & 15 };
  });
  const largest =
    Math.max(...sides.map(({ across }) => across)) * Math.max(...sides.map(({ down }) => down));
  if (sides.some(({ across, down }) => across < 1 || across > 4 || down < 1 || down > 4))
    return 'unreadable';
  return {
    isProgressive: marker === START_OF_FRAME.progressive,
    heightPx: lengthAt(data, 1),
    widthPx: lengthAt(data, 3),
    components: sides.map(({ id, across, down }) => ({ id, samples: across * down })),
    largestSampling: largest,
  };
}

/** Notes the components that a scan begins with; false when its header is damaged. */
function readScan(segment: Uint8Array, segments: Segments): boolean {
  const count = segment[4] ?? 0;
  if (segments.frame === null || segment.length !== 8 + 2 * count) return false;
  const first = segments.frame.isProgressive ? segment[5 + 2 * count] : 0;
  for (let at = 0; at < count && first === 0; at += 1) {
    segments.begun.add(segment[5 + 2 * at] ?? 0);
  }
  segments.scans += 1;
  return true;
}

/** JFIF and Adobe say how colours are coded, EXIF which way is up. */
function descriptions({ hasJfif, adobe, orientation }: Segments): Uint8Array[] {
  const described: Uint8Array[] = hasJfif ? [JFIF_SEGMENT] : [];
  if (adobe !== null) described.push(segmentOf(ADOBE, adobe));
  if (orientation !== null && orientation !== 1) {
    const exif = Buffer.concat([Buffer.from('Exif\0\0'), writeOrientation(orientation)]);
    described.push(segmentOf(EXIF, exif));
  }
  return described;
}

/** A profile is spread over segments that each name their number and how many there are; [] when unusable. */
function profileSegments(parts: readonly Uint8Array[], space: ProfileSpace): Uint8Array[] {
  const size = parts.reduce((sum, { length }) => sum + length, 0);
  const isWhole = parts.every((part) => part[13] === parts.length);
  if (parts.length === 0 || !isWhole || size > MAX_PROFILE_BYTES) return [];
  const sorted = parts.toSorted((a, b) => (a[12] ?? 0) - (b[12] ?? 0));
  if (sorted.some((part, at) => part[12] !== at + 1)) return [];
  const profile = Buffer.concat(sorted.map((part) => part.subarray(14)));
  return isUsableProfile(profile, space) ? sorted.map((part) => segmentOf(ICC, part)) : [];
}

function segmentOf(marker: number, data: Uint8Array): Uint8Array {
  const head = Buffer.from([0xff, marker, 0, 0]);
  head.writeUInt16BE(data.length + 2, 2);
  return Buffer.concat([head, data]);
}
