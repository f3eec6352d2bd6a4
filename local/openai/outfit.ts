/**
 * Lays a garment's photo over the person as it is, only scaled: like the clothes of a paper doll.
 */
import sharp, { type OverlayOptions } from 'sharp';
import type { Body } from './body.ts';
import type { CutOut } from './cut-out.ts';

/** Height to width, from which on a garment without legs counts as a dress. */
const DRESS_PROPORTION = 1.3;
/** In torso lengths: how far above the shoulders, or the hips, a garment begins. */
const COLLAR = 0.12;
const WAISTBAND = 0.25;
/** In torso lengths: from a top's collar to its hem. */
const TOP_LENGTH = 1.3;
/** In the lengths from the shoulders to the ankles: from a dress's collar to its hem. */
const DRESS_LENGTH = 0.68;

type Kind = 'top' | 'dress' | 'trousers';

function kindOf({ width, height, rgba }: CutOut): Kind {
  const betweenLegs = Math.floor(0.95 * height) * width + Math.floor(width / 2);
  if (rgba[4 * betweenLegs + 3] === 0) return 'trousers';
  return height > DRESS_PROPORTION * width ? 'dress' : 'top';
}

/** Upper edge and height, in pixels of the picture. */
function spanOf(kind: Kind, { shouldersY, hipsY, anklesY }: Body): [top: number, height: number] {
  const torso = Math.max(hipsY - shouldersY, 1);
  const [collar, waistband] = [shouldersY - COLLAR * torso, hipsY - WAISTBAND * torso];
  if (kind === 'trousers') return [waistband, anklesY - waistband];
  return [collar, kind === 'top' ? TOP_LENGTH * torso : DRESS_LENGTH * (anklesY - shouldersY)];
}

/** The garment at its place over the body, never beyond the picture. */
export async function outfitOn(
  body: Body,
  garment: CutOut,
  picture: { readonly width: number; readonly height: number },
): Promise<OverlayOptions> {
  const [start, length] = spanOf(kindOf(garment), body);
  const top = Math.round(Math.min(Math.max(start, 0), picture.height - 1));
  const height = Math.round(Math.min(Math.max(length, 1), picture.height - top));
  const { rgba, ...size } = garment;
  const { data, info } = await sharp(rgba, { raw: { ...size, channels: 4 } })
    .resize(picture.width, height, { fit: 'inside' })
    .png()
    .toBuffer({ resolveWithObject: true });
  const left = Math.round(body.middleX - info.width / 2);
  return { input: data, top, left: Math.min(Math.max(left, 0), picture.width - info.width) };
}
