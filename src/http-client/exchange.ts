/**
 * One HTTP request, from the first byte to the last of its answer. `fetch` would take twice the CPU: it
 * copies what is sent and passes every answer through streams.
 */
import type { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import { unlessAborted } from '../concurrency/unless-aborted.ts';
import { toResponse } from './answer.ts';
import { decodeBody } from './content-coding.ts';

/** A 3840x2160 JPEG in base64 is under 30 MB. */
export const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

/** The arguments of `fetch`, with the body as undici sends it. */
export interface Sending {
  readonly url: string | URL | Request;
  readonly init: RequestInit;
  readonly body: string | Uint8Array | Readable | null;
}

export interface Reading {
  readonly signal: AbortSignal;
  /** Gets each part of the answer as it arrives. */
  readonly onPart?: ((part: Uint8Array) => void) | null;
}

/** The answer, whatever its status; no redirect is followed. Rejects where none came, or at an abort. */
export async function exchange(
  connection: Dispatcher,
  { url, init, body }: Sending,
  { signal, onPart }: Reading,
): Promise<Response> {
  const { origin, pathname, search } = new URL(url instanceof Request ? url.url : url);
  const headers = new Headers(init.headers);
  headers.set('accept-encoding', 'identity');
  const request = {
    origin,
    path: pathname + search,
    method: (init.method ?? 'GET') as Dispatcher.HttpMethod,
    headers,
    body,
    signal,
  };
  // undici waits for a connection that is being opened; it does not send anything any more then.
  return unlessAborted(readAnswer(connection.request(request), onPart), signal);
}

async function readAnswer(
  asking: Promise<Dispatcher.ResponseData>,
  onPart: Reading['onPart'],
): Promise<Response> {
  const { statusCode, headers, body } = await asking;
  const bytes = await readInParts(body, onPart);
  const decoded = await decodeBody(bytes, headers['content-encoding'], MAX_ANSWER_BYTES);
  return toResponse(statusCode, headers, decoded);
}

async function readInParts(
  body: AsyncIterable<Uint8Array>,
  onPart: Reading['onPart'],
): Promise<Buffer<ArrayBuffer>> {
  const parts: Uint8Array[] = [];
  for await (const part of body) {
    parts.push(part);
    onPart?.(part);
  }
  return Buffer.concat(parts);
}
