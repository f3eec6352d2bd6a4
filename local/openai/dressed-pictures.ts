/**
 * The picture of the local image model: the first image's person wearing the second image's garment,
 * the other images as small insets, labelled as the preview that it is.
 */
import sharp, { type OverlayOptions } from 'sharp';
import { bodyFinder } from './body.ts';
import { cutOut } from './cut-out.ts';
import { isMarkedDoNotUse } from './do-not-use-card.ts';
import type { UploadedImage } from './edit-form.ts';
import { previewLabel } from './label.ts';
import { type Draw, encode } from './picture.ts';
import { setStage } from './stage.ts';
import { dress } from './tailor.ts';
import { moderationRefusal } from './vendor-errors.ts';

/** In fractions of the picture's width. */
const MARGIN = 0.025;
const LABEL_WIDTH = 0.24;
const INSET_WIDTH = 0.15;

/** `poseModels`: the folder with the pose models; without them the body is guessed by proportions. */
export function dressedPictures(poseModels: string): Draw {
  const findBody = bodyFinder(poseModels);
  return async ({ images: [person, garment, ...accessories], width, height, format }) => {
    if (person === undefined || (await isMarkedDoNotUse(person.bytes))) throw moderationRefusal();
    const stage = await setStage(person.bytes, { width, height }, findBody);
    const dressed = garment ? await dress(stage, await cutOut(garment.bytes)) : stage.image;
    const label = {
      input: previewLabel(Math.round(LABEL_WIDTH * width)),
      left: Math.round(MARGIN * width),
      top: Math.round(MARGIN * width),
    };
    const picture = sharp(dressed.data, { raw: { width, height, channels: 3 } });
    return encode(
      picture.composite([label, ...(await insets(accessories, { width, height }))]),
      format,
    );
  };
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
