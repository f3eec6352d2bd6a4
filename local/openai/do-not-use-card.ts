/**
 * The card that makes the local image model refuse a photo for safety reasons, as the vendor's
 * moderation would: a strip of magenta and green squares in the lower left corner. It is
 * searched in the pixels, since the worker shrinks photos and drops everything else.
 */
import sharp from 'sharp';

/** In fractions of the photo's width; it lies flush in the corner. */
const CARD = { squares: 6, squareWidth: 0.06 } as const;

const MAGENTA = { r: 230, g: 0, b: 200 } as const;
const GREEN = { r: 0, g: 200, b: 60 } as const;

/** JPEG and shrinking blur the colours; the middles of the squares stay within this. */
const TOLERANCE = 45;

/** Whether the photo carries the card. */
export async function isMarkedDoNotUse(photo: Uint8Array): Promise<boolean> {
  const { data, info } = await sharp(photo)
    .removeAlpha()
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true });
  const square = CARD.squareWidth * info.width;
  return Array.from({ length: CARD.squares }, (_, index) => {
    const x = Math.floor((index + 0.5) * square);
    const y = Math.floor(info.height - 0.5 * square);
    const pixel = (y * info.width + x) * info.channels;
    const { r, g, b } = index % 2 === 0 ? MAGENTA : GREEN;
    return [r, g, b].every((value, at) => Math.abs((data[pixel + at] ?? 0) - value) < TOLERANCE);
  }).every(Boolean);
}
