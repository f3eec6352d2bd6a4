/**
 * OpenAI's `images/edits`, or a gateway that speaks the same. It answers at once and without an id: a
 * call that is cut off is of unknown outcome.
 */
import { createHash } from 'node:crypto';
import OpenAI from 'openai';
import { TaskError } from '../../errors.ts';
import { Transport } from '../../http-client/transport.ts';
import type { ImageStructure } from '../../images/format.ts';
import { freeBuffer } from '../../images/free-buffer.ts';
import { readJpeg } from '../../images/jpeg.ts';
import type {
  FetchPicture,
  ImageProvider,
  Picture,
  PictureRequest,
  ProviderLimits,
  Submitted,
} from '../../ports/image-provider.ts';
import { readAnswer } from './answer.ts';
import { type Answer, readAnswerBody } from './answer-body.ts';
import { describeModel, MATCH, matchingSize, modelInUse, type Quality } from './catalogue.ts';
import { EDITS_PATH, type EditFields, editRequest } from './edit-request.ts';
import { MODEL_GONE, translateError } from './errors.ts';
import { forecastUsd } from './forecast.ts';
import { type OfferedModel, offeredModels } from './offered-models.ts';
import { askStreaming } from './partial-pictures.ts';

export interface OpenAiOptions {
  readonly apiKey: string;
  /** With its `/v1`. */
  readonly baseUrl: string;
  readonly model: string;
  readonly quality: Quality;
  /** WIDTHxHEIGHT in pixels, or `match`. */
  readonly size: string;
  /** The parameter `complexity`, for models that have it; null: the model's default. */
  readonly complexity: 'low' | 'medium' | 'high' | null;
  /** Partial pictures for those who listen for them, 0 to 3. Each is billed. */
  readonly partialImages: number;
  /** For one request as a whole. */
  readonly timeoutMs: number;
  /** Go on with the catalogue's successor once the model is shut down. */
  readonly useSuccessor: boolean;
  /** Fetches the picture where a gateway answers with a link. */
  readonly fetchPicture: FetchPicture;
  /** Gets what an operator should know of the model; the same warning may be repeated. */
  readonly warn: (message: string) => void;
}

/** How long asking for the list of models may take. */
const PROBE_TIMEOUT_MS = 10_000;
/** Longer than all our own limits, so that the SDK's timer, which does not know what was sent, never fires. */
const SDK_TIMEOUT_MS = 24 * 3_600_000;

/** 16 images with the person's, and the longest prompt of `images/edits`. */
const LIMITS: ProviderLimits = {
  garments: { least: 0, most: 15 },
  promptCharacters: 32_000,
  prompt: 'sent',
};

export class OpenAiProvider implements ImageProvider, AsyncDisposable {
  readonly name = 'openai';
  readonly limits = LIMITS;
  readonly #options: OpenAiOptions;
  #parameters: ReturnType<typeof parametersFor>;
  readonly #transport: Transport;
  readonly #client: OpenAI;

  constructor(options: OpenAiOptions) {
    this.#options = options;
    this.#parameters = parametersFor(
      modelInUse(options.model, options.useSuccessor, new Date()),
      options,
    );
    this.#transport = new Transport(options.timeoutMs);
    this.#client = new OpenAI({
      apiKey: options.apiKey,
      baseURL: options.baseUrl,
      fetch: this.#transport.fetch,
      // The pipeline decides about retries: a call whose answer got lost may have been billed.
      maxRetries: 0,
      timeout: SDK_TIMEOUT_MS,
      // Else read from the environment; its debug log would print prompts.
      organization: null,
      project: null,
      logLevel: 'off',
    });
  }

  /** The model that calls go to: the configured one, or its successor once it is shut down. */
  get model(): string {
    return this.#parameters.model;
  }

  get configuredModel(): string {
    return this.#options.model;
  }

  /** Throws PROVIDER_MODEL_REPLACED where the model is gone and the next call goes to its successor. */
  async submit(
    request: PictureRequest,
    _timeoutMs: number,
    signal: AbortSignal,
  ): Promise<Submitted> {
    const { model } = this;
    try {
      return { kind: 'picture', picture: await this.#call(request, signal) };
    } catch (error) {
      const isGone = error instanceof TaskError && error.detail === MODEL_GONE;
      if (!isGone || !this.#replace(model)) throw error;
      throw new TaskError('PROVIDER_MODEL_REPLACED', { cause: error });
    }
  }

  async #call(request: PictureRequest, signal: AbortSignal): Promise<Picture> {
    const size = this.#sizeFor(request);
    const fields = {
      ...this.#parameters,
      size,
      prompt: request.prompt,
      safety_identifier: createHash('sha256').update(request.endUser).digest('hex'),
    };
    const answer = await this.#ask(fields, request, signal).catch(rethrow);
    const source = { fetch: this.#options.fetchPicture, signal };
    return { ...(await readAnswer(answer, fields.model, source)), size };
  }

  /** Not an async function, which would hold the photos until the answer is there. */
  #ask(
    fields: EditFields,
    { images, ...request }: PictureRequest,
    signal: AbortSignal,
  ): Promise<Answer> {
    const { onPartial } = request;
    const partialImages = this.#partialImagesFor(request);
    const isStreamed = onPartial !== undefined && partialImages > 0;
    const more = isStreamed ? { stream: true, partial_images: partialImages } : {};
    const photos = images.splice(0);
    const edit = editRequest({ ...fields, ...more }, photos);
    for (const { jpeg } of photos) freeBuffer(jpeg);
    const [client, transport] = [this.#client, this.#transport];
    if (isStreamed) return askStreaming({ client, transport, edit, onPartial }, signal);
    return client
      .post(EDITS_PATH, { ...edit, signal })
      .asResponse()
      .then(readAnswerBody);
  }

  /** A model that the catalogue does not know is asked for nothing special. */
  #partialImagesFor({ onPartial }: Pick<PictureRequest, 'onPartial'>): number {
    const isAble = onPartial !== undefined && describeModel(this.model) !== null;
    return isAble ? this.#options.partialImages : 0;
  }

  forecastUsd(request: PictureRequest): number | null {
    const { model, quality } = this.#parameters;
    const photos = request.images.map(({ jpeg }) => structureOf(jpeg));
    const promptCharacters = request.prompt.length;
    const size = this.#sizeFor(request);
    const partialImages = this.#partialImagesFor(request);
    return forecastUsd({ model, quality, size, promptCharacters, photos, partialImages });
  }

  #sizeFor({ images: [person] }: PictureRequest): string {
    const { size } = this.#options;
    if (size !== MATCH || person === undefined) return size;
    return matchingSize(this.model, structureOf(person.jpeg));
  }

  /** True when calls now go to another model than `gone`, by this call or by one before it. */
  #replace(gone: string): boolean {
    if (this.model !== gone) return true;
    const successor = describeModel(gone)?.successor ?? null;
    if (successor === null || !this.#options.useSuccessor) return false;
    this.#options.warn(replacementOf(gone, successor));
    this.#parameters = parametersFor(successor, this.#options);
    return true;
  }

  /**
   * The models that the vendor offers, with the dates on which they end. Throws a TaskError.
   * Also the cheapest proof that the vendor is there and takes the key; it does not show whether
   * the account can still pay.
   */
  async listModels(): Promise<OfferedModel[]> {
    const signal = AbortSignal.timeout(PROBE_TIMEOUT_MS);
    const page = await this.#client.models.list({ signal }).catch(rethrow);
    return offeredModels(page.data);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#transport[Symbol.asyncDispose]();
  }
}

/** The warning that calls go to another model than the configured one. */
export function replacementOf(gone: string, successor: string): string {
  return `image model ${gone} is not offered any more: using its successor ${successor}; set OPENAI_IMAGE_MODEL`;
}

/** Of a photo that was validated before it was made smaller: a long one may have become narrow. */
function structureOf(jpeg: Uint8Array): ImageStructure {
  const structure = readJpeg(jpeg);
  if (typeof structure === 'string') throw new TaskError('INTERNAL', { detail: structure });
  return structure;
}

function rethrow(error: unknown): never {
  throw translateError(error);
}

/** What every call sends: only what the model accepts, and for an unknown one what all models share. */
function parametersFor(model: string, { quality, complexity, warn }: OpenAiOptions) {
  const facts = describeModel(model);
  if (facts === null)
    warn(`image model ${model} is not in the catalogue: its cost will not be known`);
  const accepted = facts === null || facts.qualities.includes(quality) ? quality : 'high';
  if (accepted !== quality)
    warn(`image model ${model} has no quality ${quality}: asking for ${accepted}`);
  return {
    model,
    quality: accepted,
    n: 1,
    output_format: 'jpeg',
    ...(facts?.complexity && complexity !== null ? { complexity } : {}),
    ...(facts?.inputFidelity ? { input_fidelity: 'high' } : {}),
  } satisfies EditFields;
}
