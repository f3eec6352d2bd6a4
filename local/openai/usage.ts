/**
 * Token counts of the local image model, calculated as OpenAI's are as far as they are known for
 * `gpt-image-2.6`; no bill is ever made out of them.
 */
import type { EditForm } from './edit-form.ts';

/**
 * Output tokens of a 1024x1536 picture; in proportion to the area for other sizes. Medium is the
 * middle of 1,050 to 1,370; low is not known and stands for 2.5's medium.
 */
const OUTPUT_TOKENS: Readonly<Record<string, number>> = {
  low: 343,
  medium: 1210,
  high: 1372,
  xhigh: 2459,
  max: 5488,
};
const OUTPUT_AREA_PX = 1024 * 1536;
/** An input image is billed by the patch of 32x32 pixels. */
const PATCH_PX = 32;
const CHARACTERS_PER_TOKEN = 4;
/** OpenAI's image generation guide, "Partial images cost". */
const PARTIAL_IMAGE_TOKENS = 100;

/** The `usage` object of an answer. `sizes`: width and height of each input image in pixels. */
export function usageOf(
  form: Pick<EditForm, 'prompt' | 'quality' | 'width' | 'height'>,
  sizes: readonly { readonly width: number; readonly height: number }[],
  partialImages = 0,
) {
  const textTokens = Math.ceil(form.prompt.length / CHARACTERS_PER_TOKEN);
  const imageTokens = sizes.map(inputTokens).reduce((sum, tokens) => sum + tokens, 0);
  const area = (form.width * form.height) / OUTPUT_AREA_PX;
  const outputTokens =
    Math.round((OUTPUT_TOKENS[form.quality] ?? 0) * area) + partialImages * PARTIAL_IMAGE_TOKENS;
  return {
    total_tokens: textTokens + imageTokens + outputTokens,
    input_tokens: textTokens + imageTokens,
    output_tokens: outputTokens,
    input_tokens_details: { text_tokens: textTokens, image_tokens: imageTokens },
    output_tokens_details: { text_tokens: 0, image_tokens: outputTokens },
  };
}

function inputTokens({ width, height }: { width: number; height: number }): number {
  return Math.ceil(width / PATCH_PX) * Math.ceil(height / PATCH_PX);
}
