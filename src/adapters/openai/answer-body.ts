/**
 * The body of the vendor's answer. Nearly all of it is one picture in base64, which is decoded where it
 * lies: parsed as JSON, it would become two more strings of its size.
 */
import type { ImagesResponse } from 'openai/resources/images';
import { textOf } from '../../http-client/answer.ts';
import { freeBuffer } from '../../images/free-buffer.ts';
import { decodePlain } from './base64.ts';

/** The first picture may be there as bytes in place of base64. */
export type Answer = Omit<ImagesResponse, 'data'> & {
  readonly data?: readonly { readonly b64_json?: unknown; readonly url?: unknown }[];
};

const KEY = '"b64_json"';
const QUOTE = 0x22;
/** Stands for the picture while the rest is parsed; it is no base64. */
const TAKEN_OUT = '(taken out)';

/** The JSON in the answer, whatever it holds. Throws a SyntaxError where it is none. */
export async function readAnswerBody(answer: Response): Promise<Answer> {
  const { buffer, byteOffset, byteLength } = await answer.bytes();
  const body = Buffer.from(buffer, byteOffset, byteLength);
  return readWithPicture(body) ?? ((await answer.json()) as Answer);
}

/** Null unless the first picture in `body` is plain base64. */
function readWithPicture(body: Buffer): Answer | null {
  const start = startOfPicture(body);
  const end = body.indexOf(QUOTE, start);
  if (start === 0 || end === -1) return null;
  const picture = decodePlain(body.toString('latin1', start, end));
  if (picture === null) return null;
  const rest = textOf(body.subarray(0, start)) + TAKEN_OUT + textOf(body.subarray(end));
  const answer = JSON.parse(rest) as Answer | null;
  const isFirst = answer?.data?.[0]?.b64_json === TAKEN_OUT;
  if (!isFirst) return null;
  freeBuffer(body);
  return { ...answer, data: [{ b64_json: picture }] };
}

/** Where the text of the first key `b64_json` begins; 0 where there is none. */
function startOfPicture(body: Buffer): number {
  const key = body.indexOf(KEY);
  if (key === -1) return 0;
  const keyEnd = key + KEY.length;
  const start = body.indexOf(QUOTE, keyEnd) + 1;
  return /^\s*:\s*"$/.test(body.toString('latin1', keyEnd, start)) ? start : 0;
}
