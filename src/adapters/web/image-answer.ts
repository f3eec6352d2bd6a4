/**
 * Judges a host's answer and reads it: the status first, then the bytes, no more than allowed. What
 * a file is, its first bytes say; the headers that describe it are often wrong, which is not the
 * photo's fault.
 */

import type { Dispatcher } from 'undici';
import { TaskError } from '../../errors.ts';
import { textOf } from '../../http-client/answer.ts';
import { foreignFormat, imageFormat } from '../../images/format.ts';
import { failureOfStatus } from './fetch-failure.ts';

/** Enough of a file to judge it by, so that a film or a web page is not read to its end. */
const HEAD_BYTES = 512;

/**
 * The codings that change the bytes (IANA's list of HTTP content codings). Anything else in
 * `Content-Encoding` (`base64`, `UTF-8`, `aws-chunked`, nothing) is a mistake in the host's settings.
 */
const REAL_CODINGS = /^(x-)?(gzip|compress)$|^(deflate|br|zstd|dcb|dcz|exi|pack200-gzip)$/;

const LONGEST_ERROR_CHARS = 4096;

type Headers = Dispatcher.ResponseData['headers'];
type Body = Dispatcher.ResponseData['body'];

interface ReadOptions {
  readonly maxBytes: number;
  /** Is waited for with the length of every piece that arrives. */
  readonly count: (bytes: number) => Promise<void>;
  /** Whether Supabase Storage was asked. */
  readonly fromStorage: boolean;
}

/**
 * The image in `answer`. Throws INVALID_IMAGE or IMAGE_UNAVAILABLE, and stops reading then.
 */
export async function readImage(
  answer: Dispatcher.ResponseData,
  { maxBytes, count, fromStorage }: ReadOptions,
): Promise<Uint8Array> {
  const status = fromStorage ? await statusFromStorage(answer) : answer.statusCode;
  const failure = failureOfStatus(status) ?? failureOfHeaders(answer.headers, maxBytes);
  if (failure !== null) {
    hangUp(answer.body);
    throw failure;
  }
  const type = String(answer.headers['content-type'] ?? '');
  let judged = false;
  const pieces: Uint8Array[] = [];
  let length = 0;
  // Leaving the loop by a throw destroys the body, and with it the connection.
  for await (const piece of answer.body as AsyncIterable<Uint8Array>) {
    length += piece.length;
    if (length > maxBytes) throw invalid('too_large');
    await count(piece.length);
    pieces.push(piece);
    if (judged || length < HEAD_BYTES) continue;
    judged = true;
    requireImage(Buffer.concat(pieces, length), type);
  }
  const bytes = Buffer.concat(pieces, length);
  if (length === 0) throw invalid('unreadable');
  requireImage(bytes, type);
  return bytes;
}

/**
 * Supabase Storage answers 400 with the status inside: 404 for an object that is gone, 503 while its
 * database cannot serve it. A plain 404 is its gateway's, which does not reach it: 502.
 */
async function statusFromStorage({ statusCode, body }: Dispatcher.ResponseData): Promise<number> {
  if (statusCode === 404) return 502;
  if (statusCode !== 400) return statusCode;
  let text = '';
  for await (const piece of body as AsyncIterable<Uint8Array>) {
    text += textOf(piece);
    if (text.length > LONGEST_ERROR_CHARS) break;
  }
  return Number(/"statusCode":"([45]\d\d)"/.exec(text)?.[1] ?? statusCode);
}

function failureOfHeaders(headers: Headers, maxBytes: number): TaskError | null {
  const codings = String(headers['content-encoding'] ?? '').split(',');
  if (codings.some((coding) => REAL_CODINGS.test(coding.trim().toLowerCase()))) {
    return invalid('encoded');
  }
  if (Number(headers['content-length'] ?? 0) > maxBytes) return invalid('too_large');
  return null;
}

/** A web page instead of a picture means that the link has expired, or never led to the file itself. */
function requireImage(bytes: Uint8Array, type: string): void {
  if (imageFormat(bytes) !== null) return;
  const head = bytes.subarray(0, HEAD_BYTES);
  throw invalid(/html/i.test(type) || isText(head) ? 'no_picture' : foreignFormat(bytes));
}

/** HTML, JSON, XML or words, but not SVG or PDF, which are pictures to their owners. */
function isText(head: Uint8Array): boolean {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(head, { stream: true });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: files that are no text have them
    return !/[\u0000-\u0008\u000e-\u001f]|<svg|<!doctype svg|^%PDF/i.test(text);
  } catch {
    return false;
  }
}

/** Closes the connection instead of reading an answer that is not used. */
function hangUp(body: Body): void {
  body.on('error', () => {}).destroy();
}

type Detail =
  | 'too_large'
  | 'unreadable'
  | 'encoded'
  | 'no_picture'
  | ReturnType<typeof foreignFormat>;

function invalid(detail: Detail): TaskError {
  return new TaskError('INVALID_IMAGE', { detail });
}
