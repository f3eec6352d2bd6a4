/**
 * Judges a host's answer and reads it: status and headers first, then the bytes, no more than
 * allowed, then what the bytes claim to be.
 */

import type { Dispatcher } from 'undici';
import { TaskError } from '../../errors.ts';
import { imageFormat } from '../../images/format.ts';
import { failureOfStatus } from './fetch-failure.ts';

/**
 * The image in `answer`, at most `maxBytes`; `count` is told the length of every piece that arrives.
 * Throws INVALID_IMAGE or IMAGE_UNAVAILABLE, and stops reading then.
 */
export async function readImage(
  answer: Dispatcher.ResponseData,
  maxBytes: number,
  count: (bytes: number) => void,
): Promise<Uint8Array> {
  const failure = failureOfStatus(answer.statusCode) ?? failureOfHeaders(answer.headers, maxBytes);
  if (failure !== null) {
    hangUp(answer.body);
    throw failure;
  }
  const bytes = await readAtMost(answer.body, maxBytes, count);
  if (bytes.length === 0) throw invalid('unreadable');
  if (imageFormat(bytes) === null) throw invalid('unsupported');
  return bytes;
}

function failureOfHeaders(
  headers: Dispatcher.ResponseData['headers'],
  maxBytes: number,
): TaskError | null {
  const type = headers['content-type'];
  if (typeof type !== 'string' || !/^image\//i.test(type)) return invalid('unsupported');
  if ((headers['content-encoding'] ?? 'identity') !== 'identity') return invalid('unsupported');
  if (Number(headers['content-length'] ?? 0) > maxBytes) return invalid('too_large');
  return null;
}

async function readAtMost(
  body: Dispatcher.ResponseData['body'],
  maxBytes: number,
  count: (bytes: number) => void,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  // Leaving the loop by a throw destroys the body, and with it the connection.
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    count(chunk.length);
    if (length > maxBytes) throw invalid('too_large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, length);
}

/** Closes the connection instead of reading an answer that nobody wants. */
function hangUp(body: Dispatcher.ResponseData['body']): void {
  body.on('error', () => {}).destroy();
}

function invalid(detail: 'too_large' | 'unsupported' | 'unreadable'): TaskError {
  return new TaskError('INVALID_IMAGE', { detail });
}
