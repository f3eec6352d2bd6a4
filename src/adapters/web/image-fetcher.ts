/**
 * The one place that opens links of other people, for both pipelines. It refuses by default;
 * docs/security.md says what and why.
 */

import { Agent, type Dispatcher, request } from 'undici';
import { TaskError } from '../../errors.ts';
import type { ImageFetcher } from '../../ports.ts';
import { unlessAborted } from '../../unless-aborted.ts';
import { translateFailure } from './fetch-failure.ts';
import {
  type Dial,
  dialPinned,
  guardedConnector,
  type ResolveHost,
  resolveHost,
} from './guarded-connect.ts';
import { readImage } from './image-answer.ts';
import { readImageUrl, type UrlRules } from './image-url.ts';

/** The platform's bucket takes files up to this size. */
export const MAX_IMAGE_BYTES = 10 * 1024 * 1024;

const HEADERS = {
  accept: 'image/jpeg, image/png, image/webp',
  'accept-encoding': 'identity',
};

export interface ImageFetcherOptions extends UrlRules {
  /** Default: `MAX_IMAGE_BYTES`. */
  readonly maxBytes?: number;
  /** Default: the operating system's resolver. */
  readonly resolve?: ResolveHost;
  /** Default: connect to the checked addresses. */
  readonly dial?: Dial;
}

/** Fetches images over HTTP/1.1. Owns its connections; they are kept for the next image of the same host. */
export class WebImageFetcher implements ImageFetcher, AsyncDisposable {
  readonly #rules: UrlRules;
  readonly #maxBytes: number;
  /** For trusted origins: connects wherever their names lead. */
  readonly #trusted = new Agent({ allowH2: false });
  /** For all others: every connection passes the address guard. */
  readonly #guarded: Agent;

  constructor(options: ImageFetcherOptions) {
    this.#rules = {
      trustedOrigins: options.trustedOrigins.map((origin) => new URL(origin).origin),
      hostAllowlist: options.hostAllowlist?.map((host) => host.toLowerCase()) ?? null,
    };
    this.#maxBytes = options.maxBytes ?? MAX_IMAGE_BYTES;
    this.#guarded = new Agent({
      connect: guardedConnector(options.resolve ?? resolveHost, options.dial ?? dialPinned),
    });
  }

  async fetch(
    text: string,
    { timeoutMs, signal }: { timeoutMs: number; signal: AbortSignal },
  ): Promise<Uint8Array> {
    signal.throwIfAborted();
    const { url, trusted } = readImageUrl(text, this.#rules);
    const deadline = AbortSignal.timeout(timeoutMs);
    try {
      const dispatcher = trusted ? this.#trusted : this.#guarded;
      return await this.#download(url, dispatcher, AbortSignal.any([signal, deadline]));
    } catch (error) {
      signal.throwIfAborted();
      if (!deadline.aborted) throw translateFailure(error);
      throw new TaskError('IMAGE_UNAVAILABLE', { detail: 'timeout', cause: error });
    }
  }

  async #download(url: URL, dispatcher: Dispatcher, signal: AbortSignal): Promise<Uint8Array> {
    // undici does not look at its signal before it is connected.
    const answer = await unlessAborted(
      request(url, { dispatcher, headers: HEADERS, signal }),
      signal,
    );
    return await readImage(answer, this.#maxBytes);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#trusted.destroy(), this.#guarded.destroy()]);
  }
}
