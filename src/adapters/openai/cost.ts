/**
 * Tokens and dollars of a paid call, from the `usage` of the vendor's answer.
 */
import { z } from 'zod';
import { describeModel } from './catalogue.ts';

/** What the columns hold: a larger number is no count of tokens. */
const MOST_TOKENS = 2 ** 31 - 1;
/** The column is numeric(10, 6). */
const MOST_MICRO_DOLLARS = 1e10;
const Tokens = z.int().nonnegative().max(MOST_TOKENS);
const Split = z
  .object({ text_tokens: Tokens.catch(0), image_tokens: Tokens.catch(0) })
  .catch({ text_tokens: 0, image_tokens: 0 });

const Usage = z.object({
  input_tokens: Tokens,
  output_tokens: Tokens,
  input_tokens_details: Split.and(z.object({ cached_tokens_details: Split }).catch(noCache)).catch({
    text_tokens: 0,
    image_tokens: 0,
    ...noCache(),
  }),
  output_tokens_details: Split,
});
export type Usage = z.infer<typeof Usage>;

function noCache() {
  return { cached_tokens_details: { text_tokens: 0, image_tokens: 0 } };
}

/** The vendor's `usage` object, with absent or null details as zeros; null when the totals are not there. */
export function readUsage(usage: unknown): Usage | null {
  return Usage.safeParse(usage).data ?? null;
}

/**
 * What a call cost in USD, rounded to 6 decimals (the column's precision); null without usage, for
 * a model without a known price, and for more than the column holds. Tokens that the details do not
 * account for are priced as image tokens, the dearer kind, so that a cost is never understated.
 */
export function costUsd(model: string, usage: unknown): number | null {
  const prices = describeModel(model)?.prices;
  const read = readUsage(usage);
  if (prices == null || read === null) return null;
  const { cached_tokens_details: cached, ...input } = read.input_tokens_details;
  const microDollars =
    priceOf(read.input_tokens, input, { text: prices.textIn, image: prices.imageIn }) +
    priceOf(read.output_tokens, read.output_tokens_details, {
      text: prices.textOut,
      image: prices.imageOut,
    }) -
    Math.min(cached.text_tokens, input.text_tokens) * (prices.textIn - prices.cachedTextIn) -
    Math.min(cached.image_tokens, input.image_tokens) * (prices.imageIn - prices.cachedImageIn);
  return microDollars < MOST_MICRO_DOLLARS ? Math.round(microDollars) / 1e6 : null;
}

/** In millionths of a dollar, since prices are per million tokens. */
function priceOf(
  total: number,
  split: z.infer<typeof Split>,
  price: { text: number; image: number },
): number {
  const unattributed = Math.max(0, total - split.text_tokens - split.image_tokens);
  return split.text_tokens * price.text + (split.image_tokens + unattributed) * price.image;
}
