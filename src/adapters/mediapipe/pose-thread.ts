/**
 * The entry of a pose thread. It loads the models with its first task and keeps them, the one
 * piece of state here; a load that failed is tried again by the next task.
 */
import { constants, platform, setPriority } from 'node:os';
import type { ValidImage } from '../../images/validation.ts';
import { checkPicture } from '../../picture-check/check-picture.ts';
import type { PictureToCheck, PictureView, Verdict } from '../../ports/picture-views.ts';
import type { PhotoObservation } from '../../pose.ts';
import { decodeValid, type RgbImage } from './decode-image.ts';
import { observe } from './estimate-pose.ts';
import { loadPoseModels, type PoseSessions } from './models.ts';
import { unusableDetail } from './unusable-image.ts';
import { viewPicture } from './view-picture.ts';

/** A photo for a size: its file, or its pixels where it was slow to decode. */
export type Photo = ValidImage | RgbImage;

/** What is done with a picture: `observe` for a size, the others for a try-on. */
export type Work =
  | { readonly kind: 'observe'; readonly photo: Photo }
  | { readonly kind: 'view'; readonly image: Uint8Array }
  | ({ readonly kind: 'check' } & PictureToCheck);

/** `load`: the models only. */
export type PoseTask = { readonly modelFolder: string } & ({ readonly kind: 'load' } | Work);

export type PoseReply =
  | { readonly kind: 'loaded' }
  | { readonly kind: 'observed'; readonly observation: PhotoObservation }
  | { readonly kind: 'viewed'; readonly view: PictureView }
  | { readonly kind: 'checked'; readonly verdict: Verdict }
  | { readonly kind: 'unusable_image'; readonly detail: string }
  | { readonly kind: 'models_unusable'; readonly problem: string };

let models: Promise<PoseSessions> | null = null;

/**
 * Lets the event loop and the pipeline go first where processors are scarce. On Linux priority 0 names
 * the calling thread alone; elsewhere it would be the whole process.
 */
function giveWay(): void {
  if (platform() !== 'linux') return;
  try {
    setPriority(0, constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // Not allowed here: no worse than before.
  }
}

function load(modelFolder: string): Promise<PoseSessions> {
  giveWay();
  return loadPoseModels(modelFolder);
}

/** Runs one task. Replies are values, since errors lose their class between threads. */
export default async function runPoseTask(task: PoseTask): Promise<PoseReply> {
  models ??= load(task.modelFolder);
  let sessions: PoseSessions;
  try {
    sessions = await models;
  } catch (error) {
    models = null;
    return { kind: 'models_unusable', problem: String((error as Error).message) };
  }
  if (task.kind === 'load') return { kind: 'loaded' };
  try {
    return await run(task, sessions);
  } catch (error) {
    return { kind: 'unusable_image', detail: unusableDetail(error) };
  }
}

async function run(work: Work, sessions: PoseSessions): Promise<PoseReply> {
  if (work.kind === 'observe') {
    return { kind: 'observed', observation: await observePhoto(sessions, work.photo) };
  }
  const view = await viewPicture(sessions, work.image);
  if (work.kind === 'view') return { kind: 'viewed', view };
  return { kind: 'checked', verdict: checkPicture(work.photo, view, work.size) };
}

async function observePhoto(sessions: PoseSessions, photo: Photo): Promise<PhotoObservation> {
  if ('data' in photo) return observe(sessions, photo);
  using picture = await decodeValid(photo);
  return await observe(sessions, picture);
}
