/** Good results: the local image model's dressed pictures, and the harmless things that happen to them. */
import { readFile } from 'node:fs/promises';
import sharp, { type Sharp } from 'sharp';
import { dressedPictures } from '../../local/openai/dressed-pictures.ts';
import type { EditForm } from '../../local/openai/edit-form.ts';
import { GARMENTS } from '../../local/samples/samples.ts';
import { sha256 } from '../../src/adapters/mediapipe/models.ts';
import { MODEL_FOLDER } from '../pose-models.ts';
import { cached } from './cached-views.ts';

/** As wide as the checks look closely; a third of the time of 1024x1536. */
export const WIDTH = 512;
export const HEIGHT = 768;
export const SIZE = `${WIDTH}x${HEIGHT}`;

const GARMENT_FILES = [
  GARMENTS.stripedShirt,
  GARMENTS.denimJacket,
  GARMENTS.dottedDress,
  GARMENTS.chinos,
];
const draw = dressedPictures(MODEL_FOLDER);

/** The garment of the person with this number. */
export function garmentFor(index: number): Promise<Uint8Array> {
  return readFile(GARMENT_FILES[index % GARMENT_FILES.length] ?? GARMENTS.stripedShirt);
}

/** The person's photo, in the garment or (null) unchanged, as the local image model puts it into the picture. */
export function dressed(person: Uint8Array, garment: Uint8Array | null): Promise<Uint8Array> {
  const key = `dressed 2 ${sha256(person)} ${garment === null ? '' : sha256(garment)}`;
  return cached(key, async () => {
    const images = (garment === null ? [person] : [person, garment]).map((bytes, index) => ({
      name: `${index}.jpg`,
      type: 'image/jpeg',
      bytes: Buffer.from(bytes),
      sha256: sha256(bytes),
    }));
    const form: EditForm = {
      images,
      ...{ prompt: '', model: '', quality: 'medium', safetyIdentifier: null, parameters: {} },
      ...{ width: WIDTH, height: HEIGHT, format: 'jpeg' },
    };
    return new Uint8Array(Buffer.from(await draw(form), 'base64'));
  });
}

type Edit = (picture: Sharp, index: number) => Sharp;

const size = (picture: Sharp) => picture.resize(WIDTH, HEIGHT, { fit: 'fill' });

/** Cuts 5 % off in both directions, from another corner for each picture. */
const crop: Edit = (picture, index) =>
  size(
    picture.extract({
      left: index % 2 === 0 ? 0 : Math.round(0.05 * WIDTH),
      top: index % 4 < 2 ? 0 : Math.round(0.05 * HEIGHT),
      width: Math.round(0.95 * WIDTH),
      height: Math.round(0.95 * HEIGHT),
    }),
  );

const zoomOut: Edit = (picture) =>
  picture.extend({
    left: Math.round(0.025 * WIDTH),
    right: Math.round(0.025 * WIDTH),
    top: Math.round(0.025 * HEIGHT),
    bottom: Math.round(0.025 * HEIGHT),
    extendWith: 'mirror',
  });

/** What may happen to a good picture on its way, by name. */
export const HARMLESS: Readonly<Record<string, Edit>> = {
  'as made': (picture) => picture,
  'JPEG of quality 50': (picture) => picture.jpeg({ quality: 50 }),
  warmer: (picture) => picture.linear([1.08, 1, 0.9], [6, 0, -4]),
  cooler: (picture) => picture.linear([0.92, 1, 1.08], [-4, 0, 6]),
  brighter: (picture) => picture.linear(1.12, 8),
  darker: (picture) => picture.linear(0.85, -4),
  'less colourful': (picture) => picture.modulate({ saturation: 0.7 }),
  'softer and noisy': (picture) => picture.blur(0.8).jpeg({ quality: 70 }),
  'turned by 1 degree': (picture, index) =>
    picture.rotate(index % 2 === 0 ? 1 : -1, { background: '#808080' }),
  'cut by 5 %': crop,
  'zoomed out by 5 %': zoomOut,
};

/** The picture after one of these, in the size asked for. */
export async function harmless(
  picture: Uint8Array,
  edit: keyof typeof HARMLESS,
  index: number,
): Promise<Uint8Array> {
  if (edit === 'as made') return picture;
  const edited = await (HARMLESS[edit] as Edit)(sharp(picture), index)
    .png({ compressionLevel: 1 })
    .toBuffer();
  const quality = edit === 'JPEG of quality 50' ? 50 : 90;
  return size(sharp(edited)).jpeg({ quality }).toBuffer();
}
