/**
 * How else the same photo could have been taken: turned a little, mirrored, in another size, frame,
 * light and sharpness, compressed harder. What changes then is noise, and the sizing learns it so.
 */
import sharp, { type Sharp } from 'sharp';
import { randomFrom } from '../../test/support/random.ts';

export const VARIANTS = 9;

/** Variants of the photo; the same ones for the same `seed`. */
export async function photoVariants(file: Buffer, seed: number): Promise<Buffer[]> {
  const upright = await redraw(sharp(file).autoOrient().removeAlpha());
  const random = uniform(seed);
  const variants: Buffer[] = [];
  for (let i = 0; i < VARIANTS; i += 1) variants.push(await variant(upright, random));
  return variants;
}

async function variant(upright: Buffer, random: Uniform): Promise<Buffer> {
  const { width, height } = await sharp(upright).metadata();
  const scale = random(0.7, 1.3);
  const wall = { r: random(60, 200), g: random(60, 200), b: random(60, 200) };
  const sized = sharp(upright)
    .resize(Math.round(width * scale), Math.round(height * scale), { fit: 'fill' })
    .flop(random(0, 1) < 0.5);
  const turned = sharp(await redraw(sized)).rotate(random(-3, 3), { background: wall });
  const framed = sharp(await redraw(turned)).extend({
    left: Math.round(random(0, 60)),
    right: Math.round(random(0, 60)),
    top: Math.round(random(0, 40)),
    bottom: Math.round(random(0, 40)),
    background: wall,
  });
  const lit = sharp(await redraw(framed))
    .linear(random(0.75, 1.2), random(-10, 20))
    .modulate({ saturation: random(0.3, 1.3) });
  if (random(0, 1) < 0.4) lit.blur(random(0.4, 1.2));
  return await lit.jpeg({ quality: Math.round(random(50, 92)) }).toBuffer();
}

/** Ends a step, since sharp has an order of its own for the steps of one pipeline. */
function redraw(image: Sharp): Promise<Buffer> {
  return image.png({ compressionLevel: 1 }).toBuffer();
}

export type Uniform = (from: number, to: number) => number;

/** Evenly spread numbers that repeat from run to run. */
export function uniform(seed: number): Uniform {
  const next = randomFrom(seed);
  return (from, to) => from + (to - from) * next();
}
