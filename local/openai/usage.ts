/**
 * Plausible token counts for the local image model. The formulas are those that OpenAI published for
 * its first image models; no bill is ever made out of them.
 */
import type { EditForm } from './edit-form.ts';

/** Output tokens of a 1024x1024 picture; in proportion to the area for other sizes. */
const OUTPUT_TOKENS: Readonly<Record<string, number>> = {
  low: 272,
  medium: 1056,
  high: 4160,
  xhigh: 6240,
  max: 8320,
};
const BASE_IMAGE_TOKENS = 65;
const TILE_TOKENS = 129;
const CHARACTERS_PER_TOKEN = 4;

/** The `usage` object of an answer. `sizes`: width and height of each input image in pixels. */
export function usageOf(
  form: Pick<EditForm, 'prompt' | 'quality' | 'width' | 'height'>,
  sizes: readonly { readonly width: number; readonly height: number }[],
) {
  const textTokens = Math.ceil(form.prompt.length / CHARACTERS_PER_TOKEN);
  const imageTokens = sizes.map(inputTokens).reduce((sum, tokens) => sum + tokens, 0);
  const area = (form.width * form.height) / 1024 ** 2;
  const outputTokens = Math.round((OUTPUT_TOKENS[form.quality] ?? 0) * area);
  return {
    total_tokens: textTokens + imageTokens + outputTokens,
    input_tokens: textTokens + imageTokens,
    output_tokens: outputTokens,
    input_tokens_details: { text_tokens: textTokens, image_tokens: imageTokens },
    output_tokens_details: { text_tokens: 0, image_tokens: outputTokens },
  };
}

/** The image is scaled until its shorter side is a tile wide, then covered with tiles. */
function inputTokens({ width, height }: { width: number; height: number }): number {
  const tiles = Math.ceil(Math.max(width, height) / Math.min(width, height) - 1e-9);
  return BASE_IMAGE_TOKENS + TILE_TOKENS * tiles;
}
