/**
 * What a call will cost, before it is made: by the tokens that its photos, its prompt and its picture
 * take. Null where the model or its price is not known.
 */
import { describeModel, type Quality } from './catalogue.ts';

/** An input photo is billed by the patch of 32x32 pixels. */
const PATCH_PX = 32;
const CHARACTERS_PER_TOKEN = 4;
/** OpenAI's image generation guide, "Partial images cost". */
const PARTIAL_IMAGE_TOKENS = 100;
const TABLE_PX = 1024 * 1536;

interface PlannedCall {
  readonly model: string;
  readonly quality: Quality;
  /** WIDTHxHEIGHT in pixels. */
  readonly size: string;
  readonly promptCharacters: number;
  readonly photos: readonly { readonly widthPx: number; readonly heightPx: number }[];
  /** Default 0. */
  readonly partialImages?: number;
}

/** USD. */
export function forecastUsd(call: PlannedCall): number | null {
  const facts = describeModel(call.model);
  const quality = call.quality === 'auto' ? 'medium' : call.quality;
  const tableTokens = facts?.outputTokens[quality];
  if (facts?.prices == null || tableTokens === undefined) return null;
  const [width = 0, height = 0] = call.size.split('x').map(Number);
  const outputTokens =
    (tableTokens * width * height) / TABLE_PX + (call.partialImages ?? 0) * PARTIAL_IMAGE_TOKENS;
  const photoTokens = call.photos
    .map(({ widthPx, heightPx }) => Math.ceil(widthPx / PATCH_PX) * Math.ceil(heightPx / PATCH_PX))
    .reduce((sum, tokens) => sum + tokens, 0);
  const textTokens = Math.ceil(call.promptCharacters / CHARACTERS_PER_TOKEN);
  const { textIn, imageIn, imageOut } = facts.prices;
  return (textTokens * textIn + photoTokens * imageIn + outputTokens * imageOut) / 1e6;
}
