/**
 * The person in the format of the picture to be made: wide photos are cropped around the person,
 * tall ones stand before a blurred copy of themselves.
 */
import sharp from 'sharp';
import { decodeImage, type RgbImage } from '../../src/adapters/mediapipe/decode-image.ts';
import { type Body, type FindBody, moveBody } from './body.ts';
import type { Point } from './plane.ts';

export interface Stage {
  readonly image: RgbImage;
  readonly body: Body;
}

/** Puts the person of a photo into a picture of `width` x `height` pixels. */
export async function setStage(
  photo: Uint8Array,
  { width, height }: { width: number; height: number },
  findBody: FindBody,
): Promise<Stage> {
  const source = await decodeImage(photo);
  const body = await findBody(source);
  const wide = source.width * height > source.height * width;
  const scale = wide
    ? height / source.height
    : Math.min(width / source.width, height / source.height);
  const middle = (body.left.hip.x + body.right.hip.x) / 2;
  const slack = source.width * scale - width;
  const left = wide ? Math.min(Math.max(middle * scale - width / 2, 0), slack) : slack / 2;
  const top = (source.height * scale - height) / 2;
  const place = ({ x, y }: Point) => ({ x: x * scale - left, y: y * scale - top });
  const back = ({ x, y }: Point) => ({ x: (x + left) / scale, y: (y + top) / scale });
  const image = wide
    ? await crop(source, { scale, left, width, height })
    : await beforeBlur(source, width, height);
  return { image, body: moveBody(body, place, back) };
}

function open({ data, width, height }: RgbImage) {
  return sharp(data, { raw: { width, height, channels: 3 } });
}

async function crop(
  source: RgbImage,
  { scale, left, ...size }: { scale: number; left: number; width: number; height: number },
): Promise<RgbImage> {
  const scaledWidth = Math.max(Math.ceil(source.width * scale), size.width);
  const data = await open(source)
    .resize(scaledWidth, size.height, { fit: 'fill' })
    .extract({ ...size, left: Math.min(Math.round(left), scaledWidth - size.width), top: 0 })
    .raw()
    .toBuffer();
  return { ...size, data };
}

async function beforeBlur(source: RgbImage, width: number, height: number): Promise<RgbImage> {
  const person = await open(source).resize(width, height, { fit: 'inside' }).png().toBuffer();
  const data = await open(source)
    .resize(width, height, { fit: 'cover' })
    .blur(40)
    .composite([{ input: person }])
    .removeAlpha()
    .raw()
    .toBuffer();
  return { width, height, data };
}
