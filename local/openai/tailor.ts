/**
 * Lays a garment on the person: bends its photo to the body, keeps the light of the body under it,
 * and rounds it off with shadows at its edges.
 */
import sharp from 'sharp';
import type { RgbImage } from '../../src/adapters/mediapipe/decode-image.ts';
import type { CutOut } from './cut-out.ts';
import { drape, type Piece } from './drape.ts';
import { shapeOf } from './garment-shape.ts';
import { between, isInside, type Point, shareAlong } from './plane.ts';
import type { Stage } from './stage.ts';
import { thinPlateSpline } from './thin-plate-spline.ts';

/** Garment colours and opacity over the whole picture. */
interface Layer {
  readonly width: number;
  readonly height: number;
  readonly rgb: Uint8Array;
  readonly opacity: Uint8Array;
}

/** The stage with the garment on. */
export async function dress({ image, body }: Stage, garment: CutOut): Promise<RgbImage> {
  const { pieces, bare } = drape(shapeOf(garment), body);
  const isBare = (place: Point) =>
    bare.some((arm) => isInside(arm, place) && shareAlong(arm, place) >= 0) &&
    body.coverAt(place) > 0.5;
  const layer = emptyLayer(image);
  for (const piece of pieces) bend(piece, { garment, layer, isBare });
  const [light, surroundings, soft, shadow] = await Promise.all([
    blurred(image.data, { ...image, channels: 3 }, 0.005),
    blurred(image.data, { ...image, channels: 3 }, 0.05),
    blurred(layer.opacity, { ...image, channels: 1 }, 0.012),
    blurred(layer.opacity, { ...image, channels: 1 }, 0.008),
  ]);
  const data = new Uint8Array(image.data);
  const down = Math.round(0.008 * image.height) * image.width;
  for (let pixel = 0; pixel < layer.opacity.length; pixel += 1) {
    const opacity = (layer.opacity[pixel] ?? 0) / 255;
    const cast = 1 - 0.3 * ((shadow[pixel - down] ?? 0) / 255);
    if (opacity === 0 && cast === 1) continue;
    const form = clamp((light[pixel] ?? 1) / (surroundings[pixel] || 1), 0.78, 1.15);
    const round = 0.72 + 0.28 * Math.min(1, (soft[pixel] ?? 0) / 230);
    for (let channel = 3 * pixel; channel < 3 * pixel + 3; channel += 1) {
      const cloth = (layer.rgb[channel] ?? 0) * form * round;
      const under = (data[channel] ?? 0) * cast;
      data[channel] = clamp(under + opacity * (cloth - under), 0, 255);
    }
  }
  return { ...image, data };
}

function emptyLayer({ width, height }: RgbImage): Layer {
  const opacity = new Uint8Array(width * height);
  return { width, height, opacity, rgb: new Uint8Array(3 * width * height) };
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(Math.max(value, least), most);
}

/** `radius` in fractions of the picture's height. At a quarter of the size, where it is done sixteen times as fast. */
async function blurred(
  values: Uint8Array,
  { width, height, channels }: { width: number; height: number; channels: 1 | 3 },
  radius: number,
): Promise<Uint8Array> {
  const small = await sharp(values, { raw: { width, height, channels } })
    .greyscale()
    .resize(Math.ceil(width / 4), Math.ceil(height / 4), { fit: 'fill' })
    .blur(Math.max((radius * height) / 4, 0.5))
    .raw()
    .toBuffer({ resolveWithObject: true });
  return sharp(small.data, { raw: small.info })
    .resize(width, height, { fit: 'fill', kernel: 'linear' })
    .toColourspace('b-w')
    .raw()
    .toBuffer();
}

const CELL_PX = 8;

interface Work {
  readonly garment: CutOut;
  readonly layer: Layer;
  readonly isBare: (place: Point) => boolean;
}

/**
 * Fetches every pixel's colour from the garment's photo. The spline is worked out at the nodes of a
 * grid only: in between it is as good as straight.
 */
function bend({ pairs, includes }: Piece, work: Work): void {
  const { width, height } = work.layer;
  const toGarment = thinPlateSpline(pairs);
  const columns = Math.ceil(width / CELL_PX) + 1;
  const nodes = Array.from({ length: columns * (Math.ceil(height / CELL_PX) + 1) }, (_, node) =>
    toGarment({ x: (node % columns) * CELL_PX, y: Math.floor(node / columns) * CELL_PX }),
  );
  const cornersAt = (node: number) =>
    [node, node + 1, node + columns, node + columns + 1].map((at) => nodes[at] ?? OUTSIDE);
  for (let y = 0; y < height; y += CELL_PX) {
    for (let x = 0; x < width; x += CELL_PX) {
      const corners = cornersAt((y / CELL_PX) * columns + x / CELL_PX);
      if (isFarOff(corners, work.garment) || !corners.some(includes)) continue;
      fillCell({ x, y, corners, includes }, work);
    }
  }
}

const OUTSIDE: Point = { x: -1, y: -1 };

interface Cell extends Point {
  /** Where they lie on the garment, row by row. */
  readonly corners: readonly Point[];
  readonly includes: (place: Point) => boolean;
}

function fillCell({ x, y, corners, includes }: Cell, { garment, layer, isBare }: Work): void {
  const [upperLeft = OUTSIDE, upperRight = OUTSIDE, lowerLeft = OUTSIDE, lowerRight = OUTSIDE] =
    corners;
  for (let row = y; row < Math.min(y + CELL_PX, layer.height); row += 1) {
    const left = between(upperLeft, lowerLeft, (row - y) / CELL_PX);
    const right = between(upperRight, lowerRight, (row - y) / CELL_PX);
    for (let column = x; column < Math.min(x + CELL_PX, layer.width); column += 1) {
      const source = between(left, right, (column - x) / CELL_PX);
      const pixel = row * layer.width + column;
      const [r, g, b, opacity] = sample(garment, source);
      if (opacity <= (layer.opacity[pixel] ?? 0) && opacity < 255) continue;
      if (!includes(source) || isBare({ x: column, y: row })) continue;
      layer.rgb.set([r, g, b], 3 * pixel);
      layer.opacity[pixel] = opacity;
    }
  }
}

function isFarOff(corners: readonly Point[], { width, height }: CutOut): boolean {
  const all = (test: (corner: Point) => boolean) => corners.every(test);
  return (
    all(({ x }) => x < 0) ||
    all(({ x }) => x > width) ||
    all(({ y }) => y < 0) ||
    all(({ y }) => y > height)
  );
}

/** Bilinear; colours weighted by opacity, so that the cut-away background does not shine through. */
function sample(
  { width, height, rgba }: CutOut,
  { x, y }: Point,
): [number, number, number, number] {
  const [column, row] = [Math.floor(x), Math.floor(y)];
  if (column < 0 || row < 0 || column >= width - 1 || row >= height - 1) return [0, 0, 0, 0];
  const [right, down] = [x - column, y - row];
  const sum: [number, number, number, number] = [0, 0, 0, 0];
  for (const [dx, dy] of [
    [0, 0],
    [1, 0],
    [0, 1],
    [1, 1],
  ] as const) {
    const at = 4 * ((row + dy) * width + column + dx);
    const weight = (dx ? right : 1 - right) * (dy ? down : 1 - down) * (rgba[at + 3] ?? 0);
    sum[0] += weight * (rgba[at] ?? 0);
    sum[1] += weight * (rgba[at + 1] ?? 0);
    sum[2] += weight * (rgba[at + 2] ?? 0);
    sum[3] += weight;
  }
  const opacity = sum[3];
  return opacity === 0
    ? [0, 0, 0, 0]
    : [sum[0] / opacity, sum[1] / opacity, sum[2] / opacity, opacity];
}
