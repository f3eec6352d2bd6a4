/**
 * How the local image model answers: with a picture in base64, in the size and format asked for.
 */
import sharp, { type Sharp } from 'sharp';
import type { EditForm, OutputFormat } from './edit-form.ts';

/** Makes the picture that a form asks for, in base64. Throws a Refusal where the vendor would. */
export type Draw = (form: EditForm) => Promise<string>;

const JPEG_QUALITY = 90;

/** As JPEG, PNG or WebP, without metadata. */
export async function encode(picture: Sharp, format: OutputFormat): Promise<string> {
  const file =
    format === 'jpeg' ? picture.jpeg({ quality: JPEG_QUALITY }) : picture.toFormat(format);
  return (await file.toBuffer()).toString('base64');
}

/** Faint noise on grey, about as heavy as a photo, made once for each size and format: costs next to nothing. */
export function plainPictures(): Draw {
  const made = new Map<string, Promise<string>>();
  return ({ width, height, format }) => {
    const key = `${width}x${height}.${format}`;
    const picture = made.get(key) ?? encode(greyNoise(width, height), format);
    made.set(key, picture);
    return picture;
  };
}

function greyNoise(width: number, height: number): Sharp {
  const noise = { type: 'gaussian', mean: 140, sigma: 6 } as const;
  return sharp({ create: { width, height, channels: 3, background: '#8c8c8c', noise } });
}
