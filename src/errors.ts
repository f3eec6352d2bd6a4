/**
 * Adapters translate their vendor's errors into a TaskError once; nothing else in the worker looks
 * at vendor errors.
 */
import {
  CATALOGUE,
  type CatalogueEntry,
  ERROR_CODES,
  type ErrorCode,
  type Kind,
} from './error-catalogue.ts';

export interface TaskErrorOptions {
  /**
   * Picks the public text and says more in logs, e.g. `too_large`, or `too_large.person` where one
   * image is meant. A fixed word, never data.
   */
  detail?: string | null;
  /** The earliest time that a retry makes sense, as the other side asked for it. */
  retryAfterMs?: number;
  cause?: unknown;
}

/** An error with a place in the catalogue. Its message is its code: safe to log and to store. */
export class TaskError extends Error {
  override readonly name = 'TaskError';
  readonly code: ErrorCode;
  readonly detail: string | null;
  readonly retryAfterMs: number | undefined;

  constructor(code: ErrorCode, options: TaskErrorOptions = {}) {
    super(options.detail ? `${code} (${options.detail})` : code, {
      cause: options.cause,
    });
    this.code = code;
    this.detail = options.detail ?? null;
    this.retryAfterMs = options.retryAfterMs;
  }

  /** What an attempt does about it. */
  get kind(): Kind {
    return CATALOGUE[this.code].kind;
  }

  /** How often a task may meet this error; undefined where only the deadline bounds it. */
  get tries(): number | undefined {
    const entry: CatalogueEntry = CATALOGUE[this.code];
    return entry.tries;
  }

  /** The text that the shopper may read. */
  get publicText(): string {
    return publicText(this.code, this.detail);
  }
}

/** Any error as a TaskError; one that is not a TaskError already is a defect in the worker. */
export function asTaskError(error: unknown): TaskError {
  return error instanceof TaskError ? error : new TaskError('INTERNAL', { cause: error });
}

/** The same error with the image it is about, by its place in the task: the person, then the garments. */
export function ofImage(error: TaskError, at: number, count: number): TaskError {
  const garment = count === 2 ? 'garment' : `garment_${at}`;
  const { detail, retryAfterMs, cause } = error;
  return new TaskError(error.code, {
    detail: `${detail ?? 'default'}.${at === 0 ? 'person' : garment}`,
    cause,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}

/** The images that a text can be about: a closed list of released words, so that every text is known. */
const IMAGES: Readonly<Record<string, string>> = {
  any: 'One of the images',
  photo: 'The photo',
  person: 'The photo of the person',
  garment: 'The picture of the garment',
  ...Object.fromEntries(
    Array.from({ length: 15 }, (_, at) => [
      `garment_${at + 1}`,
      `The picture of garment ${at + 1}`,
    ]),
  ),
};

/** The shopper's text for a code, in its variant for `detail` where there is one. */
export function publicText(code: ErrorCode, detail: string | null): string {
  const texts: CatalogueEntry['publicTexts'] = CATALOGUE[code].publicTexts;
  const [variant = '', image = 'any'] = (detail ?? '').split('.');
  return ofNamedImage(texts[variant] ?? texts.default, image);
}

function ofNamedImage(text: string, image: string): string {
  return text.replace('{image}', IMAGES[image] ?? IMAGES.any ?? '');
}

interface Failure {
  readonly code: ErrorCode;
  readonly detail: string | null;
}

/** The first failure of the catalogue that a shopper reads, or once read, this text for; null when it is not a text of the catalogue. */
export function failureOfPublicText(text: string): Failure | null {
  return FAILURE_OF_TEXT.get(text) ?? null;
}

const FAILURE_OF_TEXT = everyText();

function everyText(): ReadonlyMap<string, Failure> {
  const failures = new Map<string, Failure>();
  for (const code of ERROR_CODES) {
    for (const [variant, text] of textsOf(CATALOGUE[code])) {
      for (const image of Object.keys(IMAGES)) {
        const named = ofNamedImage(text, image);
        const detail = image === 'any' ? variant : `${variant}.${image}`;
        if (failures.has(named)) continue;
        failures.set(named, { code, detail: detail === 'default' ? null : detail });
      }
    }
  }
  return failures;
}

/** What is written now, then what was written before; each with its detail. */
function textsOf({ publicTexts, formerTexts = {} }: CatalogueEntry): (readonly [string, string])[] {
  const former = Object.entries(formerTexts).flatMap(([variant, texts]) =>
    texts.map((text) => [variant, text] as const),
  );
  return [...Object.entries(publicTexts), ...former];
}
