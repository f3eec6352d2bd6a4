/**
 * The request to the image model: the words, and the names under which it gets the images.
 */

import type { NamedImage } from '../ports/image-provider.ts';

/** The image model's limit (images/edits). */
const MAX_PROMPT_CHARACTERS = 32_000;

/** For a task whose prompt is blank. Images are counted: not every provider sees the files' names. */
const DEFAULT_PROMPT =
  'Show the person of the first image wearing the clothes of the other images. ' +
  'Let the clothes fall and fold naturally on this body. ' +
  'Keep the face, the hair, the skin, the body, the pose, the background and the light ' +
  'exactly as they are in the first image.';

/** C0 and C1 control characters and DEL; line feed and tab stay, since they lay out a text. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is searched
const CONTROL_CHARACTERS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

/** The text without control characters, trimmed and at most 32,000 characters: all that is kept of it. */
export function cleanPrompt(text: string): string {
  return cap(text.toWellFormed().replace(CONTROL_CHARACTERS, '').trim());
}

/** What the image model gets of a task's prompt; a default when it is blank. */
export function promptOf(text: string): string {
  return cleanPrompt(text) || DEFAULT_PROMPT;
}

/** Cuts at the limit, but not through a character of two code units. */
function cap(text: string): string {
  return text
    .slice(0, MAX_PROMPT_CHARACTERS)
    .replace(/[\ud800-\udbff]$/, '')
    .trimEnd();
}

/** The person's image is `model.jpg`; the garment and what follows are `image_1.jpg`, `image_2.jpg` and so on. */
export function nameImages(jpegs: readonly Uint8Array[]): NamedImage[] {
  return jpegs.map((jpeg, index) => ({
    name: index === 0 ? 'model.jpg' : `image_${index}.jpg`,
    jpeg,
  }));
}
