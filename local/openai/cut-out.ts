/**
 * A garment cut out of its photo: a light, even background that reaches the border is taken away.
 */
import sharp from 'sharp';

/** Rows of red, green, blue, opacity, one byte each; cut to the garment's edges. */
export interface CutOut {
  readonly width: number;
  readonly height: number;
  readonly rgba: Uint8Array;
}

const MAX_SIDE_PX = 900;
/** Every channel at least this light is background, where it is connected to the border. */
const LIGHT = 236;

/** Cuts the garment out; a photo without a light background stays whole. */
export async function cutOut(photo: Uint8Array): Promise<CutOut> {
  const { data, info } = await sharp(photo)
    .autoOrient()
    .resize(MAX_SIDE_PX, MAX_SIDE_PX, { fit: 'inside', withoutEnlargement: true })
    .flatten({ background: '#ffffff' })
    .toColourspace('srgb')
    .ensureAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  clearBackground(data, info.width, info.height);
  return trim({ width: info.width, height: info.height, rgba: data });
}

/** Flood fill from the border; sets the opacity of background to 0 and of its edge to half. */
function clearBackground(rgba: Uint8Array, width: number, height: number): void {
  const queue: number[] = [];
  const visit = (pixel: number) => {
    const at = 4 * pixel;
    if (rgba[at + 3] === 0) return;
    const darkest = Math.min(rgba[at] ?? 0, rgba[at + 1] ?? 0, rgba[at + 2] ?? 0);
    rgba[at + 3] = darkest >= LIGHT ? 0 : 128;
    if (darkest >= LIGHT) queue.push(pixel);
  };
  const visitLight = (pixel: number) => {
    visit(pixel);
    if (rgba[4 * pixel + 3] === 128) rgba[4 * pixel + 3] = 255;
  };
  for (let x = 0; x < width; x += 1) [x, (height - 1) * width + x].forEach(visitLight);
  for (let y = 0; y < height; y += 1) [y * width, y * width + width - 1].forEach(visitLight);
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    const x = next % width;
    if (x > 0) visit(next - 1);
    if (x < width - 1) visit(next + 1);
    if (next >= width) visit(next - width);
    if (next < width * (height - 1)) visit(next + width);
  }
}

/** Cut to the box around what is left. */
function trim({ width, height, rgba }: CutOut): CutOut {
  let [left, right, top, bottom] = [width, -1, height, -1];
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      if (rgba[4 * (y * width + x) + 3] !== 255) continue;
      left = Math.min(left, x);
      right = Math.max(right, x);
      top = Math.min(top, y);
      bottom = y;
    }
  }
  if (right < left) return { width, height, rgba };
  const size = { width: right - left + 1, height: bottom - top + 1 };
  const cut = new Uint8Array(4 * size.width * size.height);
  for (let y = 0; y < size.height; y += 1) {
    const start = 4 * ((top + y) * width + left);
    cut.set(rgba.subarray(start, start + 4 * size.width), 4 * y * size.width);
  }
  return { ...size, rgba: cut };
}
