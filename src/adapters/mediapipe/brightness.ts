/** How bright a picture is, measured on the small squares that the models see. */

/** BT.601 luma. */
const [RED, GREEN, BLUE] = [0.299, 0.587, 0.114];

/** Mean luma, 0..1, of the RGB pixels that `counts` picks; 0 when it picks none. */
export function meanLuma(rgb: Uint8Array, counts: (pixel: number) => boolean): number {
  let total = 0;
  let pixels = 0;
  for (let pixel = 0; pixel < rgb.length / 3; pixel += 1) {
    if (!counts(pixel)) continue;
    const [red = 0, green = 0, blue = 0] = [rgb[3 * pixel], rgb[3 * pixel + 1], rgb[3 * pixel + 2]];
    total += RED * red + GREEN * green + BLUE * blue;
    pixels += 1;
  }
  return pixels === 0 ? 0 : total / pixels / 255;
}
