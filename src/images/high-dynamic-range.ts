/**
 * Pixels of high dynamic range (ITU-R BT.2100) for a screen without it. What the two transfer
 * functions mean is the standard's; how bright light is shown was fitted to Chromium 156.
 */
import { conversionMatrix, type Primaries } from './icc-profile.ts';

/** How such pixels are stored: their transfer function and their primaries. */
export interface HighRange {
  readonly transfer: 'pq' | 'hlg';
  readonly primaries: Primaries;
}

/** Light is counted in whites of a page, of 203 cd/m² (ITU-R BT.2408); more than 1,000 is cut off. */
const BRIGHTEST = 1000 / 203;

/** Turns RGBA pixels of 8 bits a sample into sRGB, in place. */
export function toStandardRange(rgba: Uint8Array, { transfer, primaries }: HighRange): void {
  const light = Float64Array.from({ length: 256 }, (_, sample) => LIGHT[transfer](sample / 255));
  const [red, green, blue] = conversionMatrix(primaries);
  for (let at = 0; at < rgba.length; at += 4) {
    const r = light[rgba[at] ?? 0] ?? 0;
    const g = light[rgba[at + 1] ?? 0] ?? 0;
    const b = light[rgba[at + 2] ?? 0] ?? 0;
    const shown = brightness(r, g, b, transfer);
    rgba[at] = encoded(shown * (red[0] * r + red[1] * g + red[2] * b));
    rgba[at + 1] = encoded(shown * (green[0] * r + green[1] * g + green[2] * b));
    rgba[at + 2] = encoded(shown * (blue[0] * r + blue[1] * g + blue[2] * b));
  }
}

/** By how much a pixel's light is multiplied, all colours alike, so that its hue stays. */
function brightness(r: number, g: number, b: number, transfer: HighRange['transfer']): number {
  const scene = 0.2627 * r + 0.678 * g + 0.0593 * b;
  const display = transfer === 'hlg' ? BRIGHTEST * scene ** 0.2 : 1;
  const most = display * Math.max(r, g, b);
  return most === 0 ? 0 : (display * toneMapped(most)) / most;
}

/** Where the curve of bright light bends, between its ends (1, 0.5) and (BRIGHTEST, 1). */
const BEND = 1.64;

/** The share of a screen's white: half of the light up to a page's white, then a parabola to the brightest. */
function toneMapped(light: number): number {
  if (light <= 1) return light / 2;
  if (light >= BRIGHTEST) return 1;
  const [a, b] = [1 - 2 * BEND + BRIGHTEST, 2 * (BEND - 1)];
  const t = (Math.sqrt(b * b - 4 * a * (1 - light)) - b) / (2 * a);
  return (1 - t) ** 2 / 2 + t * (1 - t) * BEND + t ** 2;
}

/** From a sample (0 to 1) to light: PQ's is the display's, HLG's the scene's (BT.2100, tables 4 and 5). */
const LIGHT = {
  pq: (sample: number) => {
    const root = sample ** (32 / 2523);
    const ratio = Math.max(root - 0.8359375, 0) / (18.8515625 - 18.6875 * root);
    return (10_000 / 203) * ratio ** (8192 / 1305);
  },
  hlg: (sample: number) =>
    sample <= 0.5
      ? sample ** 2 / 3
      : (Math.exp((sample - 0.55991073) / 0.17883277) + 0.28466892) / 12,
};

const STEPS = 4096;
/** sRGB's samples by light. */
const ENCODED = Uint8Array.from({ length: STEPS + 1 }, (_, step) => {
  const light = step / STEPS;
  return Math.round(
    255 * (light <= 0.0031308 ? 12.92 * light : 1.055 * light ** (1 / 2.4) - 0.055),
  );
});

function encoded(light: number): number {
  return ENCODED[Math.round(Math.min(Math.max(light, 0), 1) * STEPS)] ?? 0;
}
