/**
 * A picture without a session and a credit, for the console's playground and `wearon try`: prepared,
 * paced, paid and checked by the steps of an attempt, and given back instead of stored.
 */
import { randomUUID } from 'node:crypto';
import { MAX_IMAGE_BYTES } from '../adapters/web/image-fetcher.ts';
import { TaskError } from '../errors.ts';
import type { ImageFetcher } from '../ports/image-fetcher.ts';
import type { NamedImage, PictureRequest } from '../ports/image-provider.ts';
import { EMPTY_JOURNAL, type Job, type Journal } from '../ports/jobs.ts';
import type { Task } from '../ports/session.ts';
import type { AttemptSettings } from '../tryon/attempt.ts';
import { AttemptChecks, type CheckDeps, type CheckMode } from '../tryon/checks.ts';
import { type GenerateDeps, generate } from '../tryon/generate.ts';
import { limitsOf } from '../tryon/outcome.ts';
import { type PrepareDeps, prepare } from '../tryon/prepare.ts';

/** A picture that was made, and what it took. */
export interface TrialPicture {
  readonly jpeg: Uint8Array;
  readonly costUsd: number | null;
}

export interface TrialDeps extends GenerateDeps, CheckDeps, Pick<PictureRequest, 'onPartial'> {
  readonly settings: AttemptSettings;
}

/** A task that no queue has; `photos` is their number, `requestId` names its log lines. */
export function trialTask(photos: number, requestId: string): Task {
  const id = randomUUID();
  return {
    taskId: id,
    sessionId: id,
    ownerId: id,
    channel: 'b2b',
    imageUrls: Array.from({ length: photos }, (_, at) => `upload:${at}`),
    prompt: '',
    requestId,
    createdAt: new Date().toISOString(),
  };
}

/** The photos as the image model gets them, the person's first. Throws as `prepare` does. */
export function prepareTrial(
  task: Task,
  photos: readonly Uint8Array[],
  deps: Omit<PrepareDeps, 'fetcher'>,
  signal: AbortSignal,
): Promise<NamedImage[]> {
  return prepare(task, { ...deps, fetcher: uploads(task, photos) }, signal);
}

/** Throws PERSON_UNUSABLE for a photo without a person to dress, before anything is paid. */
export async function checkTrialPerson(
  task: Task,
  images: readonly NamedImage[],
  deps: CheckDeps,
  signal: AbortSignal,
): Promise<void> {
  const settings = { ...deps.settings, personCheck: 'enforce', pictureCheck: 'off' } as const;
  await using checks = new AttemptChecks(task, { ...deps, settings }, signal);
  checks.readPersonOf(images);
  await checks.beforePaying();
}

/** The picture check of a trial: a picture that is paid for is shown, whatever is found. */
export function observed(pictureCheck: CheckMode): CheckMode {
  return pictureCheck === 'enforce' ? 'observe' : pictureCheck;
}

/** Makes one paid picture. Throws as `generate` does, and PERSON_UNUSABLE where that is enforced. */
export async function makeTrial(
  task: Task,
  images: readonly NamedImage[],
  deps: TrialDeps,
  signal: AbortSignal,
): Promise<TrialPicture> {
  const limits = limitsOf(task, deps.settings.taskDeadlineSeconds, signal);
  await using checks = new AttemptChecks(task, deps, signal);
  checks.readPersonOf(images);
  await checks.beforePaying();
  const { onPartial } = deps;
  const asked = { endUser: task.ownerId, ...(onPartial && { onPartial }) };
  const copies = () => images.map(({ name, jpeg }) => ({ name, jpeg: Buffer.from(jpeg) }));
  const pay = () => generate(jobOf(task), { ...asked, images: copies() }, deps, limits);
  // A task would get another attempt.
  const { jpeg, size, usage } = await pay().catch((error: unknown) => {
    const isReplaced = error instanceof TaskError && error.code === 'PROVIDER_MODEL_REPLACED';
    return isReplaced ? pay() : Promise.reject(error);
  });
  await checks.beforeStoring(jpeg, size);
  return { jpeg, costUsd: usage.costUsd };
}

/** A fetcher that gives the uploads in place of links. */
function uploads({ imageUrls }: Task, photos: readonly Uint8Array[]): ImageFetcher {
  return {
    fetch: async (url, { take }) => {
      const photo = Buffer.from(photos[imageUrls.indexOf(url)] ?? []);
      if (photo.byteLength > MAX_IMAGE_BYTES) {
        throw new TaskError('INVALID_IMAGE', { detail: 'too_large' });
      }
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
