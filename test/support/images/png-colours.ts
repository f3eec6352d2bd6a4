/**
 * PNGs of 64 colours, each with its colours described in another way. What Chromium shows of them
 * is in test/fixtures/png-colours/chromium.json.
 */
import { deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { pngChunk } from './odd-images.ts';

/** Colours a side; each is a square of as many pixels a side. */
const GRID = 8;
const SIDE_PX = GRID * GRID;
const LEVELS = [0, 96, 176, 255];

type ColourType = 'grey' | 'rgb' | 'palette' | 'greyAlpha' | 'rgba';

interface PngCase {
  readonly colourType: ColourType;
  readonly bitDepth: 8 | 16;
  /** Chunks before the pixels, in their order. */
  readonly chunks: readonly (readonly [string, Uint8Array])[];
}

const P3 = [0.3127, 0.329, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06];
const ADOBE = [0.3127, 0.329, 0.64, 0.33, 0.21, 0.71, 0.15, 0.06];
const ROMM = [0.3457, 0.3585, 0.7347, 0.2653, 0.1596, 0.8404, 0.0366, 0.0001];

const gAMA = (gamma: number) => ['gAMA', numbers([gamma])] as const;
const cHRM = (values: readonly number[]) => ['cHRM', numbers(values)] as const;
const cICP = (...codes: number[]) => ['cICP', Uint8Array.from(codes)] as const;
const sRGB = ['sRGB', Uint8Array.of(0)] as const;
const tRNS = ['tRNS', new Uint8Array(GRID * GRID).fill(255).fill(128, 32)] as const;

function numbers(values: readonly number[]): Uint8Array {
  const data = Buffer.alloc(4 * values.length);
  for (const [at, value] of values.entries()) data.writeUInt32BE(Math.round(value * 1e5), 4 * at);
  return data;
}

/** The chunk with one of the profiles that sharp brings along. */
async function iCCP(profile: 'srgb' | 'p3'): Promise<readonly [string, Uint8Array]> {
  const create = { width: 1, height: 1, channels: 3, background: 'red' } as const;
  const picture = sharp({ create }).withIccProfile(profile).png();
  const { icc } = await sharp(await picture.toBuffer()).metadata();
  return ['iCCP', Buffer.concat([Buffer.from('p\0\0'), deflateSync(icc ?? new Uint8Array())])];
}

/** Every case by its name. */
export async function pngColourCases(): Promise<Readonly<Record<string, PngCase>>> {
  const descriptions: Record<string, PngCase['chunks']> = {
    plain: [],
    'gamma 1.0': [gAMA(1)],
    'gamma 1/1.8': [gAMA(1 / 1.8)],
    'gamma 1/2.2': [gAMA(1 / 2.2)],
    'gamma 0.3': [gAMA(0.3)],
    'gamma 0': [gAMA(0)],
    'gamma 1.0 and sRGB': [sRGB, gAMA(1)],
    'Display P3 by cHRM': [cHRM(P3)],
    'Display P3 by cHRM and gamma': [cHRM(P3), gAMA(1 / 2.2)],
    'Adobe RGB by cHRM and gamma': [cHRM(ADOBE), gAMA(1 / 2.2)],
    'ROMM RGB by cHRM and gamma': [cHRM(ROMM), gAMA(1 / 1.8)],
    'Display P3 by profile': [await iCCP('p3')],
    'sRGB by profile': [await iCCP('srgb')],
    'Display P3 by profile and gamma 1.0': [gAMA(1), await iCCP('p3')],
    'Display P3 by cICP': [cICP(12, 13, 0, 1)],
    'BT.2020 by cICP': [cICP(9, 14, 0, 1)],
    'BT.601 by cICP': [cICP(6, 6, 0, 1)],
    'linear by cICP': [cICP(1, 8, 0, 1)],
    'gamma 2.2 by cICP': [cICP(1, 4, 0, 1)],
    'cICP and profile': [cICP(1, 13, 0, 1), await iCCP('p3')],
    'cICP of narrow range': [cICP(12, 13, 0, 0)],
    'PQ by cICP': [cICP(9, 16, 0, 1)],
    'HLG by cICP': [cICP(9, 18, 0, 1)],
  };
  const cases: Record<string, PngCase> = {};
  for (const [name, chunks] of Object.entries(descriptions)) {
    for (const bitDepth of [8, 16] as const)
      cases[`rgb ${bitDepth}, ${name}`] = { colourType: 'rgb', bitDepth, chunks };
  }
  for (const name of ['plain', 'gamma 1.0', 'Display P3 by cICP', 'PQ by cICP']) {
    const chunks = descriptions[name] ?? [];
    for (const colourType of ['grey', 'greyAlpha', 'rgba'] as const) {
      for (const bitDepth of [8, 16] as const)
        cases[`${colourType} ${bitDepth}, ${name}`] = { colourType, bitDepth, chunks };
    }
  }
  for (const [name, chunks] of Object.entries(descriptions).filter(([, at]) => at.length < 2))
    cases[`palette, ${name}`] = { colourType: 'palette', bitDepth: 8, chunks };
  cases['palette, transparent'] = { colourType: 'palette', bitDepth: 8, chunks: [tRNS] };
  return cases;
}

const TYPES: Readonly<Record<ColourType, number>> = {
  grey: 0,
  rgb: 2,
  palette: 3,
  greyAlpha: 4,
  rgba: 6,
};

/** The file: the 64 colours (or greys) row by row; where there is transparency, every other is half clear. */
export function pngOf({ colourType, bitDepth, chunks }: PngCase): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(SIDE_PX, 0);
  header.writeUInt32BE(SIDE_PX, 4);
  header.set([bitDepth, TYPES[colourType]], 8);
  const palette = Array.from({ length: GRID * GRID }, (_, at) => colourOf(at)).flat();
  const behindPalette = chunks.filter(([type]) => type === 'tRNS');
  return Buffer.concat([
    Buffer.from('89504e470d0a1a0a', 'hex'),
    pngChunk('IHDR', header),
    ...chunks.filter(([type]) => type !== 'tRNS').map(([type, data]) => pngChunk(type, data)),
    ...(colourType === 'palette' ? [pngChunk('PLTE', Uint8Array.from(palette))] : []),
    ...behindPalette.map(([type, data]) => pngChunk(type, data)),
    pngChunk('IDAT', deflateSync(pixelRows(colourType, bitDepth))),
    pngChunk('IEND', new Uint8Array()),
  ]);
}

function pixelRows(colourType: ColourType, bitDepth: 8 | 16): Uint8Array {
  const bytes: number[] = [];
  for (let y = 0; y < SIDE_PX; y += 1) {
    bytes.push(0);
    for (let x = 0; x < SIDE_PX; x += 1) {
      const samples = samplesOf(Math.floor(y / GRID) * GRID + Math.floor(x / GRID), colourType);
      for (const sample of samples) bytes.push(...(bitDepth === 16 ? [sample, sample] : [sample]));
    }
  }
  return Uint8Array.from(bytes);
}

function samplesOf(at: number, colourType: ColourType): number[] {
  const alpha = at % 2 === 0 ? 255 : 128;
  if (colourType === 'palette') return [at];
  if (colourType === 'grey') return [greyOf(at)];
  if (colourType === 'greyAlpha') return [greyOf(at), alpha];
  return colourType === 'rgb' ? colourOf(at) : [...colourOf(at), alpha];
}

function greyOf(at: number): number {
  return Math.round((at * 255) / (GRID * GRID - 1));
}

function colourOf(at: number): number[] {
  return [at >> 4, (at >> 2) & 3, at & 3].map((level) => LEVELS[level] ?? 0);
}

/** The middle of each square of RGB pixels: 64 colours, 192 numbers. */
export function coloursIn(pixels: Uint8Array, channels: number): number[] {
  return Array.from({ length: GRID * GRID }, (_, at) => {
    const [row, column] = [Math.floor(at / GRID), at % GRID];
    const from = (SIDE_PX * (row * GRID + 4) + column * GRID + 4) * channels;
    return [...pixels.subarray(from, from + 3)];
  }).flat();
}
