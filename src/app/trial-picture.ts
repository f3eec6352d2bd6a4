/**
 * One picture for the console without a task, a session or a credit: prepared, paced, paid and judged
 * by the same steps as every other.
 */
import { randomUUID } from 'node:crypto';
import type { Config } from '../config.ts';
import type { MakePicture } from '../console/trial.ts';
import { DECODE_BUDGET_BYTES } from '../images/decode.ts';
import { costPerPicture, costReport } from '../operations/costs.ts';
import type { RecordEvent, WorkerEvent } from '../ports/events.ts';
import type { ImageFetcher } from '../ports/image-fetcher.ts';
import { EMPTY_JOURNAL, type Job, type Journal } from '../ports/jobs.ts';
import type { Task } from '../ports/session.ts';
import { sessionEventOf } from '../progress/session-event.ts';
import { generate } from '../tryon/generate.ts';
import { limitsOf } from '../tryon/outcome.ts';
import { prepare } from '../tryon/prepare.ts';
import { Semaphore } from '../tryon/semaphore.ts';
import type { Adapters } from './adapters.ts';

/** `record` counts and logs, so that the money shows; the steps are published nowhere. */
export function trialPictures(
  config: Config,
  adapters: Adapters,
  record: RecordEvent,
): MakePicture {
  const decodeMemory = new Semaphore(DECODE_BUDGET_BYTES);
  return async (photos, onStep, signal) => {
    const task = taskOf(photos.length);
    const noteStep = (event: WorkerEvent) => {
      record(event);
      const step = sessionEventOf(event, new Date());
      if (step !== null) onStep(step.event);
    };
    const deps = {
      ...adapters,
      fetcher: uploads(task, photos),
      decodeMemory,
      record: noteStep,
      providerTimeoutMs: config.providerTimeoutSeconds * 1000,
      maxProviderCalls: 1,
      stopping: signal,
    };
    const images = await prepare(task, deps, signal);
    const subject = { images, endUser: task.ownerId };
    const limits = limitsOf(task, config.taskDeadlineSeconds, signal);
    const { jpeg, usage } = await generate(jobOf(task), subject, deps, limits);
    return { jpeg, costUsd: usage.costUsd };
  };
}

function taskOf(photos: number): Task {
  const id = randomUUID();
  return {
    taskId: id,
    sessionId: id,
    ownerId: id,
    channel: 'b2b',
    imageUrls: Array.from({ length: photos }, (_, at) => `upload:${at}`),
    prompt: '',
    requestId: 'console',
    createdAt: new Date().toISOString(),
  };
}

/** Where a link would be opened there is the upload itself. */
function uploads({ imageUrls }: Task, photos: readonly Buffer[]): ImageFetcher {
  return {
    fetch: async (url, { take }) => {
      const photo = photos[imageUrls.indexOf(url)] ?? Buffer.of();
      await take?.(photo.byteLength);
      return photo;
    },
  };
}

/** A job that no queue has: when the process dies, the picture is gone. */
function jobOf(task: Task): Job {
  let journal: Journal = EMPTY_JOURNAL;
  return {
    task,
    stalls: 0,
    get journal() {
      return journal;
    },
    record: async (next) => {
      journal = next;
    },
  };
}

const DAYS = 7;
const MOST_ROWS = 20_000;

/** What the pictures of the last week cost on average, in US dollars; null where there are none. */
export async function meanPictureCost({ supabase }: Adapters): Promise<number | null> {
  const until = new Date();
  const since = new Date(until.getTime() - DAYS * 86_400_000);
  const window = { since, until, mostRows: MOST_ROWS };
  return costPerPicture((await costReport(supabase, { by: 'day', ...window })).total);
}
