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
  const { width, height } = info;
  clearBackground(data, width, height);
  const trimmed = await sharp(data, { raw: { width, height, channels: 4 } })
    .trim({ background: '#ffffff00', threshold: 1 })
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { width: trimmed.info.width, height: trimmed.info.height, rgba: trimmed.data };
}

/** Flood fill from the border; makes the background white and transparent. */
function clearBackground(rgba: Buffer, width: number, height: number): void {
  const queue: number[] = [];
  const visit = (pixel: number) => {
    const at = 4 * pixel;
    if (rgba[at + 3] === 0 || Math.min(...rgba.subarray(at, at + 3)) < LIGHT) return;
    rgba.writeUInt32BE(0xffffff00, at);
    queue.push(pixel);
  };
  for (let x = 0; x < width; x += 1) [x, (height - 1) * width + x].forEach(visit);
  for (let y = 0; y < height; y += 1) [y * width, y * width + width - 1].forEach(visit);
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    const x = next % width;
    if (x > 0) visit(next - 1);
    if (x < width - 1) visit(next + 1);
    if (next >= width) visit(next - width);
    if (next < width * (height - 1)) visit(next + width);
  }
}
