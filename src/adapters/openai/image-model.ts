/**
 * The image model behind OpenAI's `images/edits`, or behind a gateway that speaks the same.
 */
import { createHash } from 'node:crypto';
import OpenAI from 'openai';
import type { ImageEditParamsNonStreaming, ImagesResponse } from 'openai/resources/images';
import type { EditRequest, EditResult, ImageModel } from '../../ports.ts';
import { describeModel, type Quality } from './catalogue.ts';
import { costUsd, readUsage } from './cost.ts';
import { malformed, refusalIn, translateError } from './errors.ts';
import { Transport } from './transport.ts';

export interface OpenAiOptions {
  readonly apiKey: string;
  /** With its `/v1`. */
  readonly baseUrl: string;
  readonly model: string;
  readonly quality: Quality;
  /** WIDTHxHEIGHT in pixels. */
  readonly size: string;
  /** For one request as a whole. */
  readonly timeoutMs: number;
  /** Told once, at construction, what is odd about the model. */
  readonly warn: (message: string) => void;
}

/** A model that the vendor offers; `shutdownDate` is YYYY-MM-DD, null while none is announced. */
export interface OfferedModel {
  readonly name: string;
  readonly shutdownDate: string | null;
}

/** How long asking for the list of models may take. */
const PROBE_TIMEOUT_MS = 10_000;
/** More than any time of ours, so that the SDK's own timer, which does not know what was sent, never strikes. */
const SDK_TIMEOUT_MS = 24 * 3_600_000;

export class OpenAiImageModel implements ImageModel, AsyncDisposable {
  readonly #options: OpenAiOptions;
  readonly #parameters: Omit<ImageEditParamsNonStreaming, 'image' | 'prompt'>;
  readonly #transport: Transport;
  readonly #client: OpenAI;

  constructor(options: OpenAiOptions) {
    this.#options = options;
    this.#parameters = parametersFor(options);
    this.#transport = new Transport(options.timeoutMs);
    this.#client = new OpenAI({
      apiKey: options.apiKey,
      baseURL: options.baseUrl,
      fetch: this.#transport.fetch,
      // Trying again is the walk's business: an answer that got lost may have been billed.
      maxRetries: 0,
      timeout: SDK_TIMEOUT_MS,
      // Else read from the environment; its debug log would print prompts.
      organization: null,
      project: null,
      logLevel: 'off',
    });
  }

  async edit(request: EditRequest, signal: AbortSignal): Promise<EditResult> {
    const answer = await this.#client.images
      .edit(
        {
          ...this.#parameters,
          image: request.images.map(
            ({ name, jpeg }) => new File([new Uint8Array(jpeg)], name, { type: 'image/jpeg' }),
          ),
          prompt: request.prompt,
          safety_identifier: createHash('sha256').update(request.ownerId).digest('hex'),
        },
        { signal },
      )
      .catch(rethrow);
    return readAnswer(answer, this.#options.model);
  }

  /**
   * The models that the vendor offers, with the dates on which they end. Throws a TaskError.
   * Also the cheapest proof that the vendor is there and takes the key; it does not show whether
   * the account can still pay.
   */
  async listModels(signal = AbortSignal.timeout(PROBE_TIMEOUT_MS)): Promise<OfferedModel[]> {
    const page = await this.#client.models.list({ signal }).catch(rethrow);
    if (!Array.isArray(page.data)) throw malformed('no_models');
    return page.data.map(({ id, shutdown_date }) => ({
      name: id,
      shutdownDate: shutdown_date ?? null,
    }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#transport[Symbol.asyncDispose]();
  }
}

function rethrow(error: unknown): never {
  throw translateError(error);
}

/** What every call sends: only what the model accepts, and for an unknown one what all models share. */
function parametersFor({ model, quality, size, warn }: OpenAiOptions) {
  const facts = describeModel(model);
  if (facts === null)
    warn(`image model ${model} is not in the catalogue: its cost will not be known`);
  const accepted = facts === null || facts.qualities.includes(quality) ? quality : 'high';
  if (accepted !== quality)
    warn(`image model ${model} has no quality ${quality}: asking for ${accepted}`);
  return {
    model,
    quality: accepted,
    size,
    n: 1,
    output_format: 'jpeg',
    ...(facts?.inputFidelity ? { input_fidelity: 'high' } : {}),
  } satisfies Omit<ImageEditParamsNonStreaming, 'image' | 'prompt'>;
}

/** The picture in the answer. Throws PROVIDER_MALFORMED where there is none. */
function readAnswer(answer: ImagesResponse | string | null | undefined, model: string): EditResult {
  const refusal = refusalIn(answer);
  if (refusal !== null) throw refusal;
  if (typeof answer !== 'object' || answer === null) throw malformed('not_json');
  const usage = readUsage(answer.usage);
  return {
    image: decodeImage(answer.data?.[0]?.b64_json),
    inputTokens: usage?.input_tokens ?? null,
    outputTokens: usage?.output_tokens ?? null,
    costUsd: costUsd(model, answer.usage),
  };
}

function decodeImage(base64: unknown): Uint8Array {
  if (typeof base64 !== 'string' || base64 === '') throw malformed('no_image');
  const bytes = Buffer.from(base64, 'base64');
  const digits = base64.replace(/=+$/, '').length;
  // Node skips what is not base64, so that fewer bytes come out than the text promises.
  if (bytes.length !== Math.floor((digits * 3) / 4)) throw malformed('bad_base64');
  if (!beginsLikeImage(bytes)) throw malformed('not_an_image');
  return bytes;
}

/** JPEG, PNG or WebP by their first bytes; whether it can be decoded shows when it is decoded. */
function beginsLikeImage(bytes: Buffer): boolean {
  const start = bytes.toString('latin1', 0, 12);
  const isWebp = start.startsWith('RIFF') && start.endsWith('WEBP');
  return start.startsWith('\xff\xd8\xff') || start.startsWith('\x89PNG\r\n\x1a\n') || isWebp;
}
