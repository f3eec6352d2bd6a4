/**
 * Pictures that show whose they are: their colour comes from the order's mark in the prompt. An
 * order marked as blocked is refused as the vendor's safety system does.
 */
import { createHash } from 'node:crypto';
import sharp from 'sharp';
import { encode } from '../../local/openai/picture.ts';
import type { OpenAiServerOptions } from '../../local/openai/server.ts';
import { moderationRefusal } from '../../local/openai/vendor-errors.ts';

const MARK = /\[order \d+( blocked)?\]/;
/** How far JPEG may move a plain colour. */
const MOST_SHIFT = 6;

/** The text in an order's prompt by which its calls and its picture are known. */
export function markOf(number: number, isBlocked: boolean): string {
  return `[order ${number}${isBlocked ? ' blocked' : ''}]`;
}

/** The mark in a prompt that reached the image model. */
export function markIn(prompt: string): string | null {
  return MARK.exec(prompt)?.[0] ?? null;
}

function colourOf(mark: string): readonly number[] {
  return [...createHash('sha256').update(mark).digest().subarray(0, 3)];
}

export const drawMarked: NonNullable<OpenAiServerOptions['draw']> = (form) => {
  const mark = markIn(form.prompt) ?? '';
  if (mark.includes('blocked')) throw moderationRefusal();
  const [r = 0, g = 0, b = 0] = colourOf(mark);
  const { width, height } = form;
  const picture = sharp({ create: { width, height, channels: 3, background: { r, g, b } } });
  return encode(picture, form.format);
};

/** Is it the picture of the order with this mark? */
export async function isPictureOf(mark: string, bytes: Uint8Array): Promise<boolean> {
  // Decoded small: a plain colour stays what it is.
  const small = await sharp(bytes).resize(64).raw().toBuffer({ resolveWithObject: true });
  const { channels } = await sharp(small.data, { raw: small.info }).stats();
  return colourOf(mark).every(
    (value, index) => Math.abs(value - (channels[index]?.mean ?? -255)) <= MOST_SHIFT,
  );
}
