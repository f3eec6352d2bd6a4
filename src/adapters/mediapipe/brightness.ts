/** How bright a picture is, measured on the small squares that the models see. */

/** BT.601 luma. */
const [RED, GREEN, BLUE] = [0.299, 0.587, 0.114];

/** Every fourth pixel is enough. */
const STEP = 4;

/** Mean luma, 0..1, of the RGB pixels that `counts` picks; 0 when it picks none. */
export function meanLuma(rgb: Uint8Array, counts: (pixel: number) => boolean): number {
  let total = 0;
  let pixels = 0;
  for (let pixel = 0; pixel < rgb.length / 3; pixel += STEP) {
    if (!counts(pixel)) continue;
    const at = 3 * pixel;
    total += RED * (rgb[at] ?? 0) + GREEN * (rgb[at + 1] ?? 0) + BLUE * (rgb[at + 2] ?? 0);
    pixels += 1;
  }
  return pixels === 0 ? 0 : total / pixels / 255;
}
