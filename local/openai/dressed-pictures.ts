/**
 * The picture of the local image model: the first image's person, with the second image's garment
 * over the trunk, the other images as small insets.
 */
import sharp from 'sharp';
import { isMarkedDoNotUse } from './do-not-use-card.ts';
import { type Draw, encode } from './picture.ts';
import { moderationRefusal } from './vendor-errors.ts';

export function dressedPictures(_poseModels: string): Draw {
  return async ({ images, width, height, format }) => {
    const [person, garment] = images;
    if (person === undefined || (await isMarkedDoNotUse(person.bytes))) throw moderationRefusal();
    const canvas = sharp(person.bytes).resize(width, height);
    if (garment === undefined) return encode(canvas, format);
    const cloth = await sharp(garment.bytes)
      .resize(Math.round(width / 2), Math.round(height / 3))
      .toBuffer();
    return encode(canvas.composite([{ input: cloth, blend: 'multiply' }]), format);
  };
}
