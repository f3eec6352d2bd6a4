/**
 * Answers that a gateway has compressed although `identity` was asked for: what is in them may be paid
 * for.
 */
import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate } from 'node:zlib';

const DECODERS = new Map([
  ['br', promisify(brotliDecompress)],
  ['deflate', promisify(inflate)],
  ['gzip', promisify(gunzip)],
  ['x-gzip', promisify(gunzip)],
]);

/**
 * The body without the content coding that its header names. As it came where it is not coded so, has
 * several codings, or would be longer than `mostBytes`.
 */
export async function decodeBody(
  body: Buffer<ArrayBuffer>,
  coding: string | string[] | undefined,
  mostBytes: number,
): Promise<Buffer<ArrayBuffer>> {
  const decode = DECODERS.get(String(coding).toLowerCase());
  if (!decode) return body;
  return decode(body, { maxOutputLength: mostBytes }).catch(() => body);
}
