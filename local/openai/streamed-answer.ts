/**
 * The answer as server-sent events: partial pictures, which get sharper, and the picture with its usage.
 */
import sharp from 'sharp';
import type { EditForm } from './edit-form.ts';
import { encode } from './picture.ts';

/** What an answer without a stream says. */
interface WholeAnswer {
  readonly created: number;
  readonly data: readonly { readonly b64_json: string }[];
  readonly [field: string]: unknown;
}

/** The most blurred partial picture; each later one is half as blurred. */
const BLUR_PX = 24;

/** How many partial pictures a stream is to have; null where no stream is asked for. */
export function partialImagesOf({ parameters }: Pick<EditForm, 'parameters'>): number | null {
  return parameters.stream === 'true' ? Number(parameters.partial_images ?? 0) : null;
}

/** The events in their order; `pause` is waited for before each of them. */
export async function* streamedAnswer(
  { created, data, ...facts }: WholeAnswer,
  { format, partials }: Pick<EditForm, 'format'> & { readonly partials: number },
  pause: () => Promise<void>,
): AsyncGenerator<string> {
  const { usage, ...common } = { ...facts, created_at: created } as Record<string, unknown>;
  const [picture] = data;
  if (picture === undefined) return;
  for (let index = 0; index < partials; index += 1) {
    await pause();
    const blurred = sharp(Buffer.from(picture.b64_json, 'base64')).blur(BLUR_PX / 2 ** index);
    const b64_json = await encode(blurred, format);
    yield eventOf('image_edit.partial_image', {
      ...common,
      b64_json,
      partial_image_index: index,
    });
  }
  await pause();
  yield eventOf('image_edit.completed', { ...common, ...picture, usage });
}

function eventOf(type: string, fields: Readonly<Record<string, unknown>>): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;
}
