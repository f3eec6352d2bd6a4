/** Image fetchers for tests, and hosts that serve a small picture well or badly. */
import assert from 'node:assert/strict';
import type { RequestListener, ServerResponse } from 'node:http';
import sharp from 'sharp';
import {
  type ImageFetcherOptions,
  WebImageFetcher,
} from '../../../src/adapters/web/image-fetcher.ts';
import { TaskError } from '../../../src/errors.ts';
import { startHttpHost } from './http-host.ts';

export const NEVER = new AbortController().signal;
export const WITHIN_A_MINUTE = { timeoutMs: 60_000, signal: NEVER };
/** A host that is not trusted; tests say where its name leads. */
export const STRANGER = 'https://shop.example/a.jpg';
export const PICTURE = await sharp({
  create: { width: 8, height: 8, channels: 3, background: 'tan' },
})
  .jpeg()
  .toBuffer();

/** Begins the answer of a host that has a JPEG. */
export function beginJpeg(response: ServerResponse, headers: Record<string, string> = {}) {
  return response.writeHead(200, { 'content-type': 'image/jpeg', ...headers });
}

export const servePicture: RequestListener = (_request, response) => {
  beginJpeg(response).end(PICTURE);
};

/** Answers with single bytes and never ends. */
export const drip: RequestListener = (_request, response) => {
  beginJpeg(response);
  const timer = setInterval(() => response.write(PICTURE.subarray(0, 1)), 2);
  response.on('close', () => clearInterval(timer)).on('error', () => {});
};

/** A fetcher that trusts no host, unless the test says otherwise. */
export function fetcherWith(options: Partial<ImageFetcherOptions>): WebImageFetcher {
  return new WebImageFetcher({ trustedOrigins: [], hostAllowlist: null, ...options });
}

export function trusting(origin: string, options: Partial<ImageFetcherOptions> = {}) {
  return fetcherWith({ trustedOrigins: [origin], ...options });
}

/** What fetching from a trusted host that answers like `answer` fails with. */
export async function failureOf(answer: RequestListener, maxBytes?: number): Promise<TaskError> {
  await using host = await startHttpHost(answer);
  await using fetcher = trusting(host.origin, maxBytes === undefined ? {} : { maxBytes });
  const error = await fetcher.fetch(`${host.origin}/a.jpg`, WITHIN_A_MINUTE).catch((e) => e);
  assert.ok(error instanceof TaskError, `expected a TaskError, got ${error}`);
  return error;
}

/** Fetching from the trusted host fails with the message, and the fetcher hangs up. */
export async function assertHangsUp(
  answer: RequestListener,
  message: string,
  options: Partial<ImageFetcherOptions> = {},
): Promise<void> {
  await using host = await startHttpHost(answer);
  await using fetcher = trusting(host.origin, options);
  await assert.rejects(fetcher.fetch(`${host.origin}/a.jpg`, WITHIN_A_MINUTE), { message });
  await host.deserted();
}
