/**
 * The colours of a PNG that carries no ICC profile, as browsers show them: what cICP, or cHRM and
 * gAMA, say (PNG, third edition, 11.3.2) becomes a profile, which decoders follow.
 */
import { viewOf } from './bytes.ts';
import type { HighRange } from './high-dynamic-range.ts';
import {
  type Chromaticity,
  type Curve,
  D65,
  type Primaries,
  primaries,
  SRGB_PRIMARIES,
  writeProfile,
} from './icc-profile.ts';

/** The data of a PNG's colour chunks; null where it has none. */
interface ColourChunks {
  readonly cICP: Uint8Array | null;
  readonly gAMA: Uint8Array | null;
  readonly cHRM: Uint8Array | null;
}

const SRGB_CURVE: Curve = [2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045];
/** A television's own curve (ITU-R BT.1886), as Chromium shows BT.601, BT.709 and BT.2020. */
const TELEVISION_CURVE = power(2.4);

/** By the code points of ITU-T H.273, table 2. */
const PRIMARIES_OF: Readonly<Record<number, Primaries>> = {
  5: primaries(D65, [0.64, 0.33], [0.29, 0.6], [0.15, 0.06]),
  6: primaries(D65, [0.63, 0.34], [0.31, 0.595], [0.155, 0.07]),
  9: primaries(D65, [0.708, 0.292], [0.17, 0.797], [0.131, 0.046]),
  11: primaries([0.314, 0.351], [0.68, 0.32], [0.265, 0.69], [0.15, 0.06]),
  12: primaries(D65, [0.68, 0.32], [0.265, 0.69], [0.15, 0.06]),
};

/** By the code points of ITU-T H.273, table 3. */
const CURVE_OF: Readonly<Record<number, Curve>> = {
  1: TELEVISION_CURVE,
  4: power(2.2),
  5: power(2.8),
  6: TELEVISION_CURVE,
  8: power(1),
  14: TELEVISION_CURVE,
  15: TELEVISION_CURVE,
};

/** The profile that the chunks describe; null where that is sRGB, or where they make no sense. */
export function profileOf(chunks: ColourChunks, isGrey: boolean): Uint8Array | null {
  const described = chunks.cICP === null ? byChromaticity(chunks) : byCodePoints(chunks.cICP);
  if (described === null) return null;
  return writeProfile(isGrey ? null : described.primaries, described.curve);
}

const HIGH_RANGE: Readonly<Record<number, HighRange['transfer']>> = { 16: 'pq', 18: 'hlg' };

/** Whether cICP says that the pixels are of high dynamic range, which no profile describes; else null. */
export function highRangeOf(cICP: Uint8Array | null): HighRange | null {
  const [code = 0, transferCode = 0, matrix, isFullRange] = cICP ?? [];
  const transfer = HIGH_RANGE[transferCode];
  if (transfer === undefined || matrix !== 0 || isFullRange !== 1) return null;
  return { transfer, primaries: PRIMARIES_OF[code] ?? SRGB_PRIMARIES };
}

interface Colours {
  readonly primaries: Primaries;
  readonly curve: Curve;
}

function byCodePoints([
  primaries = 0,
  transfer = 0,
  matrix = 0,
  isFullRange = 0,
]: Uint8Array): Colours | null {
  if (matrix !== 0 || isFullRange !== 1) return null;
  return {
    primaries: PRIMARIES_OF[primaries] ?? SRGB_PRIMARIES,
    curve: CURVE_OF[transfer] ?? SRGB_CURVE,
  };
}

function byChromaticity({ gAMA, cHRM }: ColourChunks): Colours | null {
  // Chromium heeds cHRM only together with gAMA.
  if (gAMA === null) return null;
  const primaries = cHRM === null ? SRGB_PRIMARIES : readPrimaries(cHRM);
  const curve = readGamma(gAMA);
  return primaries === null || curve === null ? null : { primaries, curve };
}

/** Fixed-point numbers of PNG are 100,000 times the value. */
const UNIT = 100_000;

function readPrimaries(cHRM: Uint8Array): Primaries | null {
  if (cHRM.length !== 32) return null;
  const view = viewOf(cHRM);
  const at = (index: number): Chromaticity => [
    view.getUint32(8 * index) / UNIT,
    view.getUint32(8 * index + 4) / UNIT,
  ];
  const colours = [at(0), at(1), at(2), at(3)] as const;
  const areSane = colours.every(([x, y]) => y > 0 && x + y <= 1.1);
  const [, red, green, blue] = colours;
  const area = (green[0] - red[0]) * (blue[1] - red[1]) - (blue[0] - red[0]) * (green[1] - red[1]);
  return areSane && Math.abs(area) > 0.01 ? primaries(...colours) : null;
}

/** The usual 1/2.2 stands for sRGB's own curve. */
function readGamma(gAMA: Uint8Array): Curve | null {
  if (gAMA.length !== 4) return null;
  const gamma = viewOf(gAMA).getUint32(0) / UNIT;
  if (gamma < 0.1 || gamma > 10) return null;
  return Math.abs(gamma - 1 / 2.2) < 0.005 ? SRGB_CURVE : power(1 / gamma);
}

function power(exponent: number): Curve {
  return [exponent, 1, 0, 0, 0];
}
