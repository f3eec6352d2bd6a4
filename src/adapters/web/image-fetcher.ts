/**
 * Opens other people's links, for both pipelines; nothing else does. It refuses by default;
 * docs/security.md says what and why.
 */

import { Agent, Client, type Dispatcher, request } from 'undici';
import { startCountdown } from '../../concurrency/countdown.ts';
import { unlessAborted } from '../../concurrency/unless-aborted.ts';
import { TaskError } from '../../errors.ts';
import type { FetchOptions, ImageFetcher } from '../../ports/image-fetcher.ts';
import { dnsLookup, type ResolveHost } from './dns-lookup.ts';
import { translateFailure } from './fetch-failure.ts';
import {
  type Allowance,
  type Dial,
  dialPinned,
  guardedConnector,
  HEAD_ALLOWANCE_BYTES,
} from './guarded-connect.ts';
import { readImage } from './image-answer.ts';
import { readImageUrl, type UrlRules } from './image-url.ts';
import { LEAST_SPEED, type LeastSpeed, watchSpeed } from './least-speed.ts';

/** The platform's bucket takes files up to this size. */
export const MAX_IMAGE_BYTES = 10 * 1024 * 1024;

/** Lengths, extensions and trailers of a chunked body, in addition to the body; usually under 1 % of it. */
const FRAMING_ALLOWANCE_BYTES = 1024 * 1024;

/** Path of objects in Supabase Storage; checked for trusted origins only. */
const STORAGE_PATH = '/storage/v1/object/';

const HEADERS = {
  accept: 'image/jpeg, image/png, image/webp',
  'accept-encoding': 'identity',
};

export interface ImageFetcherOptions extends UrlRules {
  /** Default: `MAX_IMAGE_BYTES`. */
  readonly maxBytes?: number;
  /** Default: `LEAST_SPEED`. */
  readonly leastSpeed?: LeastSpeed;
  /** For hosts that are not trusted. Default: DNS. */
  readonly resolve?: ResolveHost;
  /** Default: connect to the checked addresses. */
  readonly dial?: Dial;
}

/**
 * Fetches images over HTTP/1.1. Connections to trusted origins are kept for the next image. Every
 * download from another host has a connection of its own, closed with it: how many are open is
 * bounded by the downloads under way, and no host decides how long.
 */
export class WebImageFetcher implements ImageFetcher, AsyncDisposable {
  readonly #rules: UrlRules;
  readonly #maxBytes: number;
  readonly #leastSpeed: LeastSpeed;
  readonly #resolve: ResolveHost;
  readonly #dial: Dial;
  /** For trusted origins: connects to any address, inside ones too. */
  readonly #trusted = new Agent({ allowH2: false });
  readonly #disposed = new AbortController();

  constructor(options: ImageFetcherOptions) {
    this.#rules = {
      trustedOrigins: options.trustedOrigins.map((base) => new URL(base).href.replace(/\/+$/, '')),
      hostAllowlist: options.hostAllowlist?.map((host) => host.toLowerCase()) ?? null,
    };
    this.#maxBytes = options.maxBytes ?? MAX_IMAGE_BYTES;
    this.#leastSpeed = options.leastSpeed ?? LEAST_SPEED;
    this.#resolve = options.resolve ?? dnsLookup();
    this.#dial = options.dial ?? dialPinned;
  }

  async fetch(text: string, { timeoutMs, signal, take }: FetchOptions): Promise<Uint8Array> {
    signal.throwIfAborted();
    const { url, trusted } = readImageUrl(text, this.#rules);
    const fromStorage = trusted && url.pathname.includes(STORAGE_PATH);
    using countdown = startCountdown(timeoutMs);
    const deadline = countdown.signal;
    using speed = watchSpeed(this.#leastSpeed);
    const stop = AbortSignal.any([signal, deadline, speed.signal, this.#disposed.signal]);
    const count = async (bytes: number) => {
      speed.count(bytes);
      if (take === undefined) return;
      using _standsStill = countdown.pause();
      using _isNotSlow = speed.pause();
      await unlessAborted(take(bytes), stop);
    };
    const allowance = { bytes: HEAD_ALLOWANCE_BYTES };
    const download = async (dispatcher: Dispatcher) => {
      // undici ignores its signal until it is connected.
      const options = { dispatcher, headers: HEADERS, signal: stop };
      const answer = await unlessAborted(request(url, options), stop);
      allowance.bytes += this.#maxBytes + FRAMING_ALLOWANCE_BYTES;
      return await readImage(answer, { maxBytes: this.#maxBytes, count, fromStorage });
    };
    try {
      if (trusted) return await download(this.#trusted);
      return await this.#connectOnce(url.origin, { signal: stop, allowance }, download);
    } catch (error) {
      signal.throwIfAborted();
      const slow = deadline.aborted ? 'timeout' : speed.signal.aborted ? 'too_slow' : null;
      const failure =
        slow === null
          ? translateFailure(error, trusted)
          : new TaskError('IMAGE_UNAVAILABLE', { detail: slow, cause: error });
      throw fromStorage ? asStorageFailure(failure) : failure;
    }
  }

  /** Whatever happens in `use`, the connection to the host ends with it. */
  async #connectOnce<T>(
    origin: string,
    limits: { readonly signal: AbortSignal; readonly allowance: Allowance },
    use: (dispatcher: Dispatcher) => Promise<T>,
  ): Promise<T> {
    const client = new Client(origin, {
      connect: guardedConnector({ resolve: this.#resolve, dial: this.#dial, ...limits }),
      pipelining: 0,
    });
    try {
      return await use(client);
    } finally {
      await client.destroy();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed.abort();
    await this.#trusted.destroy();
  }
}

/** That Storage does not deliver is an outage of the platform's own and not the photo's fault. */
function asStorageFailure(failure: TaskError): TaskError {
  if (failure.code !== 'IMAGE_UNAVAILABLE') return failure;
  const { detail, cause } = failure;
  return new TaskError('STORAGE_UNAVAILABLE', { cause, ...(detail !== null && { detail }) });
}
