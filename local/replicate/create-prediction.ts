/** Making a prediction: its photos, its deadline, and the picture that it ends with. */
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyReply } from 'fastify';
import sharp from 'sharp';
import type { UploadedImage } from '../openai/edit-form.ts';
import type { Draw } from '../openai/picture.ts';
import { Refusal as OpenAiRefusal } from '../openai/vendor-errors.ts';
import { end, hasEnded, type LocalPrediction, newPrediction, view } from './predictions.ts';

/** As long as the vendor lets a client wait. */
const MOST_WAIT_SECONDS = 60;

/** What all predictions of a server share; `startMs`, `runMs` and `failWith` as in ReplicateServer. */
export interface ReplicateState {
  readonly baseUrl: string;
  readonly predictions: LocalPrediction[];
  readonly startMs: number;
  readonly runMs: number;
  readonly failWith: string | null;
}

/** Answered with the status, and the message as its detail. */
export class Refusal extends Error {
  readonly status: number;

  constructor(status: number, detail: string) {
    super(detail);
    this.status = status;
  }
}

export interface Creation {
  readonly model: string;
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** Makes a prediction and answers with it, at once or after the time that the request waits. */
export async function create(
  state: ReplicateState,
  draw: Draw,
  { model, body, headers }: Creation,
  reply: FastifyReply,
) {
  const { input } = Object(body) as { input?: Record<string, unknown> };
  if (input === undefined) throw new Refusal(422, '- input is required');
  const images = imagesIn(input);
  const prediction = newPrediction(model, input);
  state.predictions.push(prediction);
  const [, amount, unit = 's'] =
    /^(\d+)(s|m|h)?$/.exec(String(headers['cancel-after'] ?? '')) ?? [];
  const deadlineMs = Number(amount) * ({ s: 1000, m: 60_000, h: 3_600_000 }[unit] ?? 1000);
  void run(state, prediction, images, draw);
  if (amount !== undefined) {
    const timer = setTimeout(() => {
      end(prediction, prediction.status === 'starting' ? 'aborted' : 'canceled');
    }, deadlineMs);
    void prediction.ended.promise.then(() => clearTimeout(timer));
    timer.unref();
  }
  const [, seconds] = /^wait(?:=(\d+))?$/.exec(String(headers.prefer ?? '')) ?? [];
  if (headers.prefer !== undefined) {
    const waitMs = Number(seconds ?? MOST_WAIT_SECONDS) * 1000;
    await Promise.race([prediction.ended.promise, sleep(waitMs, undefined, { ref: false })]);
  }
  return reply.code(201).send(view(prediction, state.baseUrl));
}

async function run(
  state: ReplicateState,
  prediction: LocalPrediction,
  images: readonly UploadedImage[],
  draw: Draw,
): Promise<void> {
  await sleep(state.startMs, undefined, { ref: false });
  if (hasEnded(prediction)) return;
  prediction.status = 'processing';
  await sleep(state.runMs, undefined, { ref: false });
  prediction.error = state.failWith;
  if (prediction.error !== null) return end(prediction, 'failed');
  try {
    prediction.picture = await drawn(images, draw);
    end(prediction, 'succeeded');
  } catch (error) {
    const isFlagged = error instanceof OpenAiRefusal;
    prediction.error = isFlagged
      ? 'The input or output was flagged as sensitive. Please try again with different inputs. (E005)'
      : 'Error while processing';
    end(prediction, 'failed');
  }
}

/** In the size of the person's photo, as `preserve_input_size` says. */
async function drawn(images: readonly UploadedImage[], draw: Draw): Promise<Buffer> {
  const { width, height } = await sharp(images[0]?.bytes).metadata();
  const form = {
    images,
    prompt: '',
    model: '',
    quality: 'medium',
    width,
    height,
    format: 'jpeg',
    safetyIdentifier: null,
    parameters: {},
  } as const;
  return Buffer.from(await draw(form), 'base64');
}

/** The photos of an input in order, the person's first; throws a Refusal where a field is missing. */
function imagesIn(input: Readonly<Record<string, unknown>>): UploadedImage[] {
  const { person_image: person, garment_images: garments, input_images: listed } = input;
  const given = Array.isArray(listed)
    ? listed
    : [person, ...(Array.isArray(garments) ? garments : [])];
  if (given.length < 2 && !Array.isArray(listed)) {
    throw new Refusal(422, 'Input validation failed\n- input: garment_images is required');
  }
  return given.map((uri, at) => {
    const [, type, base64] = /^data:(image\/\w+);base64,(.+)$/s.exec(String(uri)) ?? [];
    if (type === undefined || base64 === undefined) {
      throw new Refusal(
        422,
        'Input validation failed\n- input.person_image: Does not match format',
      );
    }
    const bytes = Buffer.from(base64, 'base64');
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    return { name: `image_${at}.jpg`, type, bytes, sha256 };
  });
}
