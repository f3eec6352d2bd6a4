/**
 * The `input` of a prediction, as its model's schema names the fields. Photos go as data URIs: the
 * vendor then needs no link into a private bucket.
 */
import { createHash } from 'node:crypto';
import type { PictureRequest } from '../../ports/image-provider.ts';
import { describeReplicateModel } from './catalogue.ts';

type PredictionInput = Readonly<Record<string, unknown>>;

/**
 * The input of the call for `request`, whose photos it takes out. Try-on models get no prompt: theirs
 * counts the garments from one, while a task's counts the person's photo too, so that "image 2" would
 * name another picture.
 */
export function inputFor(model: string, request: PictureRequest): PredictionInput {
  const [person = '', ...garments] = request.images.splice(0).map(({ jpeg }) => dataUri(jpeg));
  const seed = seedOf(request.key);
  if (describeReplicateModel(model).input === 'edit') {
    const shape = { aspect_ratio: '2:3', output_format: 'jpeg', number_of_images: 1 };
    return { prompt: request.prompt, input_images: [person, ...garments], seed, ...shape };
  }
  return {
    person_image: person,
    garment_images: garments,
    preserve_input_size: true,
    output_format: 'jpg',
    output_quality: 95,
    seed,
  };
}

function dataUri(jpeg: Uint8Array): string {
  return `data:image/jpeg;base64,${Buffer.from(jpeg).toString('base64')}`;
}

/** The seed by which a call is found again when the answer to it was lost: 31 bits of the key's hash. */
export function seedOf(key: string): number {
  return createHash('sha256').update(key).digest().readUInt32BE(0) >>> 1;
}
