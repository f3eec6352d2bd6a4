/**
 * Every text that a row may hold, word for word. Lines are added here, never changed or removed: a
 * text that is changed in the catalogue is a new line, and the old text one of the `formerTexts`.
 */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { CATALOGUE, type CatalogueEntry, ERROR_CODES, type ErrorCode } from './error-catalogue.ts';
import { failureOfPublicText } from './errors.ts';

/** By the first code that has the text. */
const WRITTEN: Partial<Record<ErrorCode, readonly string[]>> = {
  MODERATION_BLOCKED: [
    'The images were flagged by a safety filter. Please use other images that follow the content guidelines.',
  ],
  INVALID_IMAGE: [
    '{image} could not be used. Please upload it again as JPEG, PNG or WebP.',
    '{image} could not be opened. Its link may have expired; please upload it again.',
    '{image} has a link to a web page instead of an image. It may have expired; please upload the image again.',
    '{image} has a link that delivers it compressed, so that it cannot be read. Please upload the image itself.',
    '{image} has a link that is not allowed. Please upload it and try again.',
    '{image} is too large. Please use an image of at most 10 MB and 50 megapixels.',
    '{image} is too long or too wide. Please use an image of at most 16,384 pixels a side.',
    '{image} is too small to see anything in it. Please use an image of at least 64 pixels a side.',
    '{image} is an animation. Please use a picture that does not move.',
    '{image} is stored in a way that takes too long to open. Please save it again as an ordinary JPEG.',
    '{image} is stored in a way that takes too much memory to open. Please save it again as an ordinary JPEG (not progressive), or smaller.',
    '{image} is in an unsupported format. Please use JPEG, PNG or WebP.',
    '{image} is a HEIC photo, which cannot be used here. Please save it as JPEG.',
    '{image} is a JPEG of a kind that few programs can open. Please save it again as an ordinary JPEG.',
    '{image} is damaged and could not be read. Please upload it again.',
    'There are too many images in this request. Please use fewer images.',
    'One of the image links is not allowed. Please upload the image and try again.',
    'One of the links leads to a web page instead of an image. It may have expired; please upload the image again.',
    'One of the links delivers its file compressed, so that it cannot be read. Please upload the image itself.',
    '{image} is in the HEIC format of phones, which cannot be used. Please save it as JPEG.',
  ],
  PERSON_UNUSABLE: [
    'We cannot find a person in the photo of the person. Please use a photo that shows the person to be dressed.',
    'The person is far too small in the photo. Please use a photo taken from closer by.',
    'The photo of the person is too dark. Please use a photo taken in better light.',
    'Nobody can be made out in the photo of the person. Please use a photo that shows the person to be dressed.',
  ],
  INVALID_TASK: [
    'The request could not be processed.',
    'The request could not be processed. Your credit has been returned.',
  ],
  GENERATION_FAILED: [
    'The picture could not be made. Please try again.',
    'The picture could not be made. Your credit has been returned; please try again.',
  ],
  DEADLINE_EXCEEDED: [
    'The picture took too long to make. Please try again.',
    'The picture took too long to make. Your credit has been returned; please try again.',
  ],
  IMAGE_UNAVAILABLE: ['{image} could not be opened. Please upload it again.'],
  PICTURE_REJECTED: [
    'The picture did not turn out well enough to show. Please try again, if possible with another photo.',
  ],
};

const IMAGES = [
  'One of the images',
  'The photo',
  'The photo of the person',
  'The picture of the garment',
  ...Array.from({ length: 15 }, (_, at) => `The picture of garment ${at + 1}`),
];

it('every text ever written is recognised, about every image', () => {
  for (const [code, texts] of Object.entries(WRITTEN)) {
    for (const text of texts.flatMap(ofEveryImage)) {
      const advice = `It was written: keep it as one of the formerTexts of ${code}: "${text}"`;
      assert.equal(failureOfPublicText(text)?.code, code, advice);
    }
  }
});

it('every text of the catalogue is on the list of this file', () => {
  const written = new Set(Object.values(WRITTEN).flat());
  const missing = ERROR_CODES.flatMap(textsOf).filter((text) => !written.has(text));
  assert.deepEqual(missing, [], 'Add each new text to WRITTEN.');
});

it('no text says what becomes of the payment', () => {
  const texts = ERROR_CODES.flatMap((code) => Object.values(CATALOGUE[code].publicTexts));
  assert.deepEqual(
    texts.filter((text) => /credit|refund|\bpa(y|id)|charge|return|\bcosts?\b/i.test(text)),
    [],
  );
});

function ofEveryImage(text: string): string[] {
  return IMAGES.map((image) => text.replace('{image}', image));
}

function textsOf(code: ErrorCode): string[] {
  const { publicTexts, formerTexts = {} }: CatalogueEntry = CATALOGUE[code];
  return [...Object.values(publicTexts), ...Object.values(formerTexts).flat()];
}
