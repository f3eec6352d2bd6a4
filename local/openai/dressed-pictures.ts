/**
 * The picture of the local image model: the second image's garment laid over the first image's
 * person, the other images as small insets, labelled as the preview that it is.
 */
import sharp, { type OverlayOptions } from 'sharp';
import type { RgbImage } from '../../src/adapters/mediapipe/decode-image.ts';
import { bodyFinder } from './body.ts';
import { cutOut } from './cut-out.ts';
import { isMarkedDoNotUse } from './do-not-use-card.ts';
import type { UploadedImage } from './edit-form.ts';
import { previewLabel } from './label.ts';
import { outfitOn } from './outfit.ts';
import { type Draw, encode } from './picture.ts';
import { moderationRefusal } from './vendor-errors.ts';

/** In fractions of the picture's width. */
const MARGIN = 0.025;
const LABEL_WIDTH = 0.24;
const INSET_WIDTH = 0.15;

/** `poseModels`: the folder with the pose models; without them the body is guessed by proportions. */
export function dressedPictures(poseModels = 'models'): Draw {
  const findBody = bodyFinder(poseModels);
  return async ({ images: [person, garment, ...accessories], width, height, format }) => {
    if (person === undefined || (await isMarkedDoNotUse(person.bytes))) throw moderationRefusal();
    const size = { width, height };
    const stage = await fitted(person.bytes, size);
    const outfit = garment
      ? [await outfitOn(await findBody(stage), await cutOut(garment.bytes), size)]
      : [];
    const label = {
      input: previewLabel(Math.round(LABEL_WIDTH * width)),
      left: Math.round(MARGIN * width),
      top: Math.round(MARGIN * width),
    };
    const picture = sharp(stage.data, { raw: { ...size, channels: 3 } });
    return encode(
      picture.composite([...outfit, ...(await insets(accessories, size)), label]),
      format,
    );
  };
}

/** The whole photo in a picture of this size; where they differ in shape its edges go on, blurred. */
async function fitted(
  photo: Uint8Array,
  { width, height }: { width: number; height: number },
): Promise<RgbImage> {
  const { data: person, info } = await sharp(photo)
    .autoOrient()
    .flatten()
    .toColourspace('srgb')
    .resize(width, height, { fit: 'inside' })
    .png()
    .toBuffer({ resolveWithObject: true });
  const [left, top] = [(width - info.width) >> 1, (height - info.height) >> 1];
  const [right, bottom] = [width - info.width - left, height - info.height - top];
  const extended = await sharp(person)
    .extend({ left, top, right, bottom, extendWith: 'copy' })
    .toBuffer();
  const data = await sharp(extended)
    .blur(20)
    .composite([{ input: person }])
    .removeAlpha()
    .raw()
    .toBuffer();
  return { width, height, data };
}

/** One below the other at the right edge, in order; smaller where there are many. */
function insets(
  images: readonly UploadedImage[],
  { width, height }: { width: number; height: number },
): Promise<OverlayOptions[]> {
  const margin = Math.round(MARGIN * width);
  const room = (height - margin) / Math.max(images.length, 1) - margin;
  const side = Math.round(Math.min(INSET_WIDTH * width, room / 1.06));
  const frame = Math.floor(side * 0.03);
  return Promise.all(
    images.map(async ({ bytes }, index) => ({
      input: await sharp(bytes)
        .autoOrient()
        .resize(side, side, { fit: 'contain', background: '#ffffff' })
        .flatten({ background: '#ffffff' })
        .extend({ top: frame, bottom: frame, left: frame, right: frame, background: '#ffffff' })
        .png()
        .toBuffer(),
      left: width - side - 2 * frame - margin,
      top: margin + index * (side + 2 * frame + margin),
    })),
  );
}
