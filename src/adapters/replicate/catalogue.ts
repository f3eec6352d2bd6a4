/**
 * Models on Replicate that make try-on pictures: how each is asked and what it costs. Read in the
 * models' published input schemas and price lists, November 2026.
 */
import type { ProviderLimits } from '../../ports/image-provider.ts';

interface ReplicateModel {
  /** `try_on`: a person and garments, each under its own name; `edit`: a prompt and a list of images. */
  readonly input: 'try_on' | 'edit';
  readonly limits: ProviderLimits;
  /** USD; null where no price is published. */
  readonly price: { readonly firstGarment: number; readonly furtherGarment: number } | null;
}

const DEFAULT_REPLICATE_MODEL = 'prunaai/p-image-try-on';

const TRY_ON: ReplicateModel = {
  input: 'try_on',
  limits: {
    garments: { least: 1, most: 11 },
    promptCharacters: 32_000,
    prompt: 'dropped',
  },
  price: null,
};

/** OpenAI's models under Replicate's account; what they cost there is not published per token. */
const EDIT: ReplicateModel = {
  input: 'edit',
  limits: {
    garments: { least: 0, most: 15 },
    promptCharacters: 32_000,
    prompt: 'sent',
  },
  price: null,
};

/** How the model (`owner/name`, or with `:version`) is asked; one that is not known like a try-on model without a price. */
export function describeReplicateModel(model: string): ReplicateModel {
  const name = model.replace(/:.*$/, '');
  if (name === DEFAULT_REPLICATE_MODEL) {
    return { ...TRY_ON, price: { firstGarment: 0.015, furtherGarment: 0.008 } };
  }
  return name.startsWith('openai/') ? EDIT : TRY_ON;
}

/** What a picture costs, USD; null where no price is known. */
export function garmentCostUsd(model: string, garments: number): number | null {
  const { price } = describeReplicateModel(model);
  if (price === null) return null;
  return Math.round((price.firstGarment + (garments - 1) * price.furtherGarment) * 1e6) / 1e6;
}
