/**
 * The answer of OpenAI, or of a gateway, to a paid call: the picture and the usage.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { TaskError } from '../../errors.ts';
import { imageFormat } from '../../images/format.ts';
import type { FetchPicture, Picture } from '../../ports/image-provider.ts';
import type { Answer } from './answer-body.ts';
import { decodeBase64 } from './base64.ts';
import { costUsd, readUsage } from './cost.ts';
import { malformed, refusalIn } from './errors.ts';

/** A picture that is paid for is worth more than one try. */
const FETCH_TRIES = 3;
const FETCH_WAIT_MS = 1000;

/** Fetches with `fetch` until `signal`. */
interface PictureSource {
  readonly fetch: FetchPicture;
  readonly signal: AbortSignal;
}

/**
 * The picture in the answer. Throws PROVIDER_MALFORMED where there is none, MODERATION_BLOCKED for a
 * refusal inside a 200, and PROVIDER_OUTCOME_UNKNOWN when the signal aborts while a link is fetched.
 */
export async function readAnswer(
  answer: Answer | string | null | undefined,
  model: string,
  source: PictureSource,
): Promise<Omit<Picture, 'size'>> {
  const refusal = refusalIn(answer);
  if (refusal !== null) throw refusal;
  if (typeof answer !== 'object' || answer === null) throw malformed('not_json');
  const usage = readUsage(answer.usage);
  return {
    image: await readPicture(answer.data?.[0], source),
    inputTokens: usage?.input_tokens ?? null,
    outputTokens: usage?.output_tokens ?? null,
    costUsd: costUsd(model, answer.usage),
  };
}

/** Base64 as OpenAI sends it, decoded already or not, or a link as some gateways do. */
async function readPicture(
  item: { readonly b64_json?: unknown; readonly url?: unknown } | undefined,
  source: PictureSource,
): Promise<Uint8Array> {
  if (item?.b64_json instanceof Uint8Array) return checked(item.b64_json);
  const text = [item?.b64_json, item?.url].find((value) => typeof value === 'string' && value);
  if (typeof text !== 'string') throw malformed('no_image');
  return /^https?:/i.test(text) ? checked(await fetchLinked(text, source)) : decodePicture(text);
}

/** The picture that the base64 holds. Throws PROVIDER_MALFORMED where it holds none. */
export function decodePicture(base64: string): Uint8Array {
  const bytes = decodeBase64(base64);
  if (bytes === null) throw malformed('bad_base64');
  return checked(bytes);
}

function checked(bytes: Uint8Array): Uint8Array {
  // Decoding shows whether the rest is sound.
  if (imageFormat(bytes) === null) throw malformed('not_an_image');
  return bytes;
}

async function fetchLinked(url: string, { fetch, signal }: PictureSource): Promise<Uint8Array> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await fetch(url, signal);
    } catch (cause) {
      if (signal.aborted) throw new TaskError('PROVIDER_OUTCOME_UNKNOWN', { cause });
      if (tries === FETCH_TRIES) {
        throw new TaskError('PROVIDER_MALFORMED', { detail: 'picture_not_fetched', cause });
      }
    }
    await sleep(FETCH_WAIT_MS, undefined, { signal }).catch(() => undefined);
  }
}
