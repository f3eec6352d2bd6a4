/**
 * The image models that OpenAI sells: what each accepts, what it costs, and until when it lives.
 * Read in the types of `openai` 7.57 and in OpenAI's price and deprecation pages, November 2026.
 */

export type Quality = 'low' | 'medium' | 'high' | 'xhigh' | 'max' | 'auto';

/** USD per million tokens. */
interface Prices {
  readonly textIn: number;
  readonly imageIn: number;
  readonly cachedTextIn: number;
  readonly cachedImageIn: number;
  readonly textOut: number;
  readonly imageOut: number;
}

interface ImageModelFacts {
  readonly qualities: readonly Quality[];
  /** Whether faces and textures of the inputs can be asked to be kept; later models always do. */
  readonly inputFidelity: boolean;
  /** Whether the model has the parameter `complexity`. */
  readonly complexity: boolean;
  /**
   * Tokens of a 1024x1536 picture by quality. `low` is published for no model: medium's tokens stand
   * in, of 2.5 for 2.6. `auto` is forecast as medium.
   */
  readonly outputTokens: Readonly<Partial<Record<Quality, number>>>;
  /** Whether any size is accepted, or the three standard ones only. */
  readonly freeSizes: boolean;
  /** Null where OpenAI's price is not known: the cost is then not known either. */
  readonly prices: Prices | null;
  /** The day, YYYY-MM-DD, from which the model does not answer any more; null while none is announced. */
  readonly shutdownDate: string | null;
  /** The model to move to once this one is shut down; null for the latest. */
  readonly successor: string | null;
}

export const DEFAULT_IMAGE_MODEL = 'gpt-image-2.6-sunburst';

const STANDARD_QUALITIES: readonly Quality[] = ['low', 'medium', 'high', 'auto'];
const ALL_QUALITIES: readonly Quality[] = [...STANDARD_QUALITIES, 'xhigh', 'max'];

/** No discount for cached input and no price for text output are published for these: the full and the higher price stand in. */
function prices(textIn: number, imageIn: number, imageOut: number): Prices {
  return {
    textIn,
    imageIn,
    imageOut,
    cachedTextIn: textIn,
    cachedImageIn: imageIn,
    textOut: imageOut,
  };
}

const FIRST_GENERATION: ImageModelFacts = {
  qualities: STANDARD_QUALITIES,
  inputFidelity: true,
  complexity: false,
  outputTokens: { low: 1584, medium: 1584, high: 6240 },
  freeSizes: false,
  prices: null,
  shutdownDate: '2026-12-01',
  successor: DEFAULT_IMAGE_MODEL,
};
const SECOND_GENERATION: ImageModelFacts = {
  qualities: STANDARD_QUALITIES,
  inputFidelity: false,
  complexity: false,
  // High is not published: the most that a picture of 2.5 takes stands in.
  outputTokens: { low: 1372, medium: 1372, high: 5488 },
  freeSizes: true,
  prices: prices(5, 8, 30),
  shutdownDate: null,
  successor: DEFAULT_IMAGE_MODEL,
};
const GENERATION_2_5: ImageModelFacts = {
  ...SECOND_GENERATION,
  qualities: ALL_QUALITIES,
  outputTokens: { low: 343, medium: 343, high: 1372, xhigh: 2459, max: 5488 },
};
const GENERATION_2_6: ImageModelFacts = {
  ...GENERATION_2_5,
  complexity: true,
  // Medium is the middle of 1,050 to 1,370.
  outputTokens: { ...GENERATION_2_5.outputTokens, medium: 1210 },
  prices: { ...prices(5, 8, 30), cachedTextIn: 1.25, cachedImageIn: 2 },
  successor: null,
};

const MODELS: ReadonlyMap<string, ImageModelFacts> = new Map([
  ['gpt-image-1', { ...FIRST_GENERATION, shutdownDate: '2026-10-23' }],
  ['gpt-image-1-mini', { ...FIRST_GENERATION, inputFidelity: false }],
  ['gpt-image-1.5', { ...FIRST_GENERATION, prices: { ...prices(5, 8, 32), textOut: 10 } }],
  ['chatgpt-image-latest', FIRST_GENERATION],
  ['gpt-image-2', SECOND_GENERATION],
  ['gpt-image-2.5-flare', { ...GENERATION_2_5, successor: 'gpt-image-2.6-flare' }],
  ['gpt-image-2.5-sunburst', GENERATION_2_5],
  ['gpt-image-2.6-flare', GENERATION_2_6],
  ['gpt-image-2.6-sunburst', GENERATION_2_6],
]);

/** The facts of a model or of its dated snapshot (`gpt-image-2-2026-04-21`); null for a name that is not OpenAI's. */
export function describeModel(name: string): ImageModelFacts | null {
  return MODELS.get(name.replace(/-\d{4}-\d{2}-\d{2}$/, '')) ?? null;
}

const STANDARD_SIZES = ['1024x1024', '1536x1024', '1024x1536'];
/** The bounds of every other size, from `gpt-image-2` on. */
const FREE_SIZES = { multipleOf: 16, edgePx: 3840, ratio: 3, leastPx: 655_360, mostPx: 8_294_400 };

/** Whether the model makes pictures of `size` (WIDTHxHEIGHT in pixels). An unknown model is given the benefit of the doubt. */
export function acceptsSize(model: string, size: string): boolean {
  const facts = describeModel(model);
  if (facts === null || STANDARD_SIZES.includes(size)) return true;
  return facts.freeSizes && isFreeSize(size);
}

function isFreeSize(size: string): boolean {
  const [, width = 0, height = 0] = (/^(\d+)x(\d+)$/.exec(size) ?? []).map(Number);
  const [long, short] = [Math.max(width, height), Math.min(width, height)];
  const { multipleOf, edgePx, ratio, leastPx, mostPx } = FREE_SIZES;
  const pixels = width * height;
  return (
    width % multipleOf === 0 &&
    height % multipleOf === 0 &&
    long <= edgePx &&
    long <= ratio * short &&
    pixels >= leastPx &&
    pixels <= mostPx
  );
}

/** OPENAI_IMAGE_SIZE for a size that follows the person's photo. */
export const MATCH = 'match';
/** The pixels of a matched picture, as many as the default size has. */
const MATCHED_PX = 1024 * 1536;

/** The size that the model makes whose shape is nearest to the photo's, WIDTHxHEIGHT. */
export function matchingSize(
  model: string,
  photo: { readonly widthPx: number; readonly heightPx: number },
): string {
  const ratio = photo.widthPx / photo.heightPx;
  if (describeModel(model)?.freeSizes) {
    const { multipleOf, ratio: most } = FREE_SIZES;
    const width = Math.sqrt(MATCHED_PX * Math.min(most, Math.max(1 / most, ratio)));
    const round = (px: number) => Math.round(px / multipleOf) * multipleOf;
    const size = `${round(width)}x${round(MATCHED_PX / width)}`;
    if (isFreeSize(size)) return size;
  }
  const farness = (size: string) => {
    const [width = 1, height = 1] = size.split('x').map(Number);
    return Math.abs(Math.log(width / height / ratio));
  };
  return STANDARD_SIZES.reduce((best, size) => (farness(size) < farness(best) ? size : best));
}

/** How long a model has to live; dates are YYYY-MM-DD. */
export type ModelState =
  | { readonly state: 'usable' | 'unknown' }
  | {
      readonly state: 'retiring' | 'retired';
      readonly shutdownDate: string;
      /** The model to configure instead; null when the catalogue names none. */
      readonly successor: string | null;
    };

/** OpenAI gives at least three months' notice of a model's end, so this warns from the announcement on. */
const NOTICE_DAYS = 90;
const DAY_MS = 86_400_000;

/**
 * The model's state on a day: `retiring` within 90 days of its end, `retired` from that day on.
 * `shutdownDate`: the date that the vendor itself announced (`OpenAiProvider.listModels`); without
 * it the catalogue's counts.
 */
export function modelState(name: string, today: Date, shutdownDate?: string): ModelState {
  const facts = describeModel(name);
  const date = shutdownDate ?? facts?.shutdownDate ?? null;
  if (date === null) return { state: facts === null ? 'unknown' : 'usable' };
  const msLeft = Date.parse(date) - today.getTime();
  if (msLeft > NOTICE_DAYS * DAY_MS) return { state: 'usable' };
  const state = msLeft <= 0 ? 'retired' : 'retiring';
  return { state, shutdownDate: date, successor: facts?.successor ?? null };
}

/** The model that calls go to on a day: `name`, or its successor when it is retired and `useSuccessor`. */
export function modelInUse(name: string, useSuccessor: boolean, today: Date): string {
  const life = modelState(name, today);
  if (!useSuccessor || life.state !== 'retired' || life.successor === null) return name;
  return life.successor;
}
