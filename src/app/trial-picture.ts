/**
 * The console's pictures without a task: made with the worker's own providers, gates and budget.
 */

import { Semaphore } from '../concurrency/semaphore.ts';
import type { Config } from '../config.ts';
import type { MakePicture } from '../console/trial.ts';
import { DECODE_BUDGET_BYTES } from '../images/decode.ts';
import { costPerPicture, costReport } from '../operations/costs.ts';
import { makeTrial, observed, prepareTrial, trialTask } from '../operations/trial-picture.ts';
import type { RecordEvent, WorkerEvent } from '../ports/events.ts';
import type { PictureViewer } from '../ports/picture-views.ts';
import { sessionEventOf } from '../progress/session-event.ts';
import type { Adapters } from './adapters.ts';

interface TrialParts {
  readonly viewer: PictureViewer;
  /** Counts and logs, so that the money shows; the steps are published nowhere. */
  readonly record: RecordEvent;
}

export function trialPictures(
  config: Config,
  adapters: Adapters,
  { viewer, record }: TrialParts,
): MakePicture {
  const decodeMemory = new Semaphore(DECODE_BUDGET_BYTES);
  return async (photos, { onStep, onPartial }, signal) => {
    const task = trialTask(photos.length, 'console');
    const deps = {
      ...adapters,
      decodeMemory,
      viewer,
      record: (event: WorkerEvent) => {
        record(event);
        const step = sessionEventOf(event, new Date());
        if (step !== null) onStep(step);
      },
      settings: { ...config, pictureCheck: observed(config.pictureCheck), maxProviderCalls: 1 },
      stopping: signal,
      onPartial,
    };
    const images = await prepareTrial(task, photos, deps, signal);
    return makeTrial(task, images, deps, signal);
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
