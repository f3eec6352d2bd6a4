/**
 * The playground without a platform: one picture by the pipeline's own steps, paid by the worker's key,
 * shown and not stored. Its steps and its picture come as lines of JSON while the request is open.
 */
import type { FastifyReply } from 'fastify';
import { asTaskError } from '../errors.ts';
import type { TrialPicture } from '../operations/trial-picture.ts';
import type { SessionEvent } from '../ports/progress.ts';
import { refusal } from './parse.ts';
import type { Playground } from './playground.ts';
import { filesOf, formOf } from './uploads.ts';

/** A step of a trial, which has no session to name. */
type TrialStep = Omit<SessionEvent, 'version' | 'session_id' | 'channel'>;

/** Gets the progress of a trial. */
interface TrialWatch {
  readonly onStep: (step: TrialStep) => void;
  /** Gets the picture as far as it is drawn. */
  readonly onPartial: (image: Uint8Array) => void;
}

/** Makes one paid picture of the photos, the person's first. Throws a TaskError. */
export type MakePicture = (
  photos: readonly Buffer[],
  watch: TrialWatch,
  signal: AbortSignal,
) => Promise<TrialPicture>;

const TRIALS_AT_ONCE = 2;

/** `meanCostUsd`: of the latest pictures; null where there are none. */
export function trialPlayground(
  make: MakePicture,
  meanCostUsd: () => Promise<number | null>,
): Playground {
  let underWay = 0;
  return {
    describe: async () => ({
      mode: 'trial',
      meanCostUsd: await meanCostUsd().catch(() => null),
      samples: { people: [], garments: [] },
    }),
    answer: async (request, reply) => {
      if (request.method !== 'POST') throw refusal(404, 'Pictures made here are not kept.');
      const form = await formOf(request);
      if (form.get('paid') !== 'yes') throw refusal(400, 'Say that the picture may be paid for.');
      const photos = await filesOf(form, 'photo');
      if (photos.length < 2) throw refusal(400, 'Give a person and a garment.');
      if (underWay >= TRIALS_AT_ONCE) throw refusal(503, 'Two pictures are being made already.');
      underWay += 1;
      try {
        await send(reply, (watch, signal) => make(photos, watch, signal));
      } finally {
        underWay -= 1;
      }
      return reply;
    },
  };
}

/** Sends every step and partial picture as it comes, and the picture or the failure last. */
async function send(
  reply: FastifyReply,
  work: (watch: TrialWatch, signal: AbortSignal) => Promise<TrialPicture>,
): Promise<void> {
  const headers = reply.getHeaders() as Record<string, string>;
  reply.hijack();
  const stream = reply.raw;
  const gone = new AbortController();
  stream.once('close', () => gone.abort());
  stream.writeHead(200, {
    ...headers,
    'content-type': 'application/x-ndjson',
    'x-accel-buffering': 'no',
  });
  const write = (line: object) => stream.write(`${JSON.stringify(line)}\n`);
  const step = (line: Omit<TrialStep, 'at'>) => write({ ...line, at: new Date().toISOString() });
  try {
    step({ event: 'queued' });
    // One may come late, when the picture is out already.
    const onPartial = (image: Uint8Array) =>
      stream.writableEnded || write({ partial: base64(image) });
    const { jpeg, costUsd } = await work({ onStep: step, onPartial }, gone.signal);
    const picture = base64(jpeg);
    step({ event: 'completed' });
    write({ result: { status: 'completed', error: null, costUsd, picture } });
  } catch (error) {
    const failure = asTaskError(error);
    step({ event: 'failed', code: failure.code });
    write({ result: { status: 'failed', error: failure.publicText, costUsd: null } });
  }
  stream.end();
}

function base64(image: Uint8Array): string {
  return Buffer.from(image).toString('base64');
}
