/**
 * Models on Replicate. A call is a prediction with an id, the ticket: whatever happens to the worker,
 * its picture is collected by that id and not paid again.
 */

import { z } from 'zod';
import { TaskError } from '../../errors.ts';
import { unanswered } from '../../http-client/paid-call.ts';
import { Transport } from '../../http-client/transport.ts';
import type {
  FetchPicture,
  ImageProvider,
  LostCall,
  Picture,
  PictureRequest,
  ProviderLimits,
  Submitted,
  Ticket,
} from '../../ports/image-provider.ts';
import { endOf, linkIn, Prediction, refusalOf } from './answers.ts';
import { describeReplicateModel, garmentCostUsd } from './catalogue.ts';
import { inputFor, seedOf } from './input.ts';

interface ReplicateOptions {
  readonly token: string;
  /** With its `/v1`. */
  readonly baseUrl: string;
  /** `owner/name`, or `owner/name:version`. */
  readonly model: string;
  /** Fetches a result from the vendor's hosts. */
  readonly fetchPicture: FetchPicture;
}

const Page = z.object({ results: z.array(Prediction), next: z.string().nullish() });

/** For one request; a picture takes many of them. */
const REQUEST_TIMEOUT_MS = 30_000;
/** The vendor's shortest deadline. */
const LEAST_CANCEL_AFTER_SECONDS = 5;
/** Pages of a hundred of the newest predictions in which a call is looked for. */
const MOST_PAGES = 20;

export class ReplicateProvider implements ImageProvider, AsyncDisposable {
  readonly name = 'replicate';
  readonly model: string;
  readonly limits: ProviderLimits;
  readonly #options: ReplicateOptions;
  readonly #transport = new Transport(REQUEST_TIMEOUT_MS);

  constructor(options: ReplicateOptions) {
    this.#options = options;
    this.model = options.model;
    this.limits = describeReplicateModel(options.model).limits;
  }

  async submit(
    request: PictureRequest,
    timeoutMs: number,
    signal: AbortSignal,
  ): Promise<Submitted> {
    const [name, version] = this.model.split(':');
    const garments = request.images.length - 1;
    const input = inputFor(this.model, request);
    const seconds = Math.max(LEAST_CANCEL_AFTER_SECONDS, Math.ceil(timeoutMs / 1000));
    const answer = await this.#request(
      version === undefined ? `/models/${name}/predictions` : '/predictions',
      {
        method: 'POST',
        signal,
        headers: { 'content-type': 'application/json', 'cancel-after': `${seconds}s` },
        body: JSON.stringify(version === undefined ? { input } : { version, input }),
      },
    );
    const { data } = Prediction.safeParse(await jsonOf(answer));
    // The call was accepted, and without its id its outcome cannot be known.
    if (data === undefined)
      throw new TaskError('PROVIDER_OUTCOME_UNKNOWN', { detail: 'no_ticket' });
    return { kind: 'ticket', ticket: this.#ticketOf(data.id, garments) };
  }

  forecastUsd({ images }: PictureRequest): number | null {
    return garmentCostUsd(this.model, images.length - 1);
  }

  async collect(ticket: Ticket, signal: AbortSignal): Promise<Picture | null> {
    const prediction = await this.#read(ticket.id, signal);
    if (prediction === null) return null;
    const end = endOf(prediction);
    if (end !== null) throw end;
    if (prediction.status !== 'succeeded') return null;
    const image = await this.#fetchResult(linkIn(prediction), signal);
    if (image === null) return null;
    const costUsd = garmentCostUsd(ticket.model, ticket.garments);
    return { image, size: null, inputTokens: null, outputTokens: null, costUsd };
  }

  async cancel({ id }: Ticket): Promise<void> {
    await this.#request(`/predictions/${id}/cancel`, { method: 'POST' }).catch(() => undefined);
  }

  async find({ key, garments, sinceMs }: LostCall, signal: AbortSignal): Promise<Ticket | null> {
    const seed = seedOf(key);
    let path: string | null = '/predictions';
    for (let page = 0; path !== null && page < MOST_PAGES; page += 1) {
      const answer = await this.#request(path, { signal });
      const { data } = Page.safeParse(await jsonOf(answer));
      if (data === undefined) return null;
      const found = data.results.find(({ input }) => input?.seed === seed);
      if (found !== undefined) return this.#ticketOf(found.id, garments);
      const oldest = Date.parse(data.results.at(-1)?.created_at ?? '');
      path = oldest > sinceMs ? pathOf(data.next ?? null) : null;
    }
    return null;
  }

  /** Throws a TaskError unless the vendor takes the key and has the model, in its version where one is named. */
  async check(): Promise<void> {
    await this.#request('/account', {}).catch((error: TaskError) => {
      // A gateway may have no `/account`.
      if (error.detail !== 'model_gone' && error.detail !== 'no_route') throw error;
    });
    await this.#request(`/models/${this.model.replace(':', '/versions/')}`, {});
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#transport[Symbol.asyncDispose]();
  }

  #ticketOf(id: string, garments: number): Ticket {
    return { id, model: this.model, garments };
  }

  /** Null while the vendor does not answer; the prediction still runs. */
  async #read(id: string, signal: AbortSignal): Promise<Prediction | null> {
    try {
      const answer = await this.#request(`/predictions/${id}`, { signal });
      const { data } = Prediction.safeParse(await jsonOf(answer));
      // An answer about another prediction, as of a cache, would be another person's picture.
      return data?.id === id ? data : null;
    } catch (error) {
      if (error instanceof TaskError && error.detail === 'model_gone') {
        throw new TaskError('PROVIDER_OUTCOME_UNKNOWN', { detail: 'no_such_call', cause: error });
      }
      return null;
    }
  }

  /** Null when it cannot be fetched now; a link to another host is not followed. */
  async #fetchResult(link: string, signal: AbortSignal): Promise<Uint8Array | null> {
    try {
      return await this.#options.fetchPicture(link, signal);
    } catch (error) {
      if (!(error instanceof TaskError) || error.detail !== 'refused') return null;
      throw new TaskError('PROVIDER_MALFORMED', { detail: 'link_refused', cause: error });
    }
  }

  /** An answer with a success status; anything else is thrown as a TaskError. */
  async #request(path: string, init: RequestInit): Promise<Response> {
    const { baseUrl, token } = this.#options;
    const headers = { authorization: `Bearer ${token}`, ...init.headers };
    const answer = await this.#transport
      .fetch(baseUrl + path, { ...init, headers })
      .catch((error: unknown) => Promise.reject(unanswered(error)));
    if (!answer.ok) throw await refusalOf(answer);
    return answer;
  }
}

async function jsonOf(answer: Response): Promise<unknown> {
  return answer.json().catch(() => null);
}

/** The next page's path; the vendor gives its whole address, which may be another than a gateway's. */
function pathOf(next: string | null): string | null {
  return next === null ? null : `/predictions${URL.parse(next)?.search ?? ''}`;
}
