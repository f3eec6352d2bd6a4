/**
 * The entry of a pose thread. It loads the models with its first task and keeps them, the one
 * piece of state here; a load that failed is tried again by the next task.
 */
import { constants, platform, setPriority } from 'node:os';
import type { PhotoObservation } from '../../pose.ts';
import { estimatePose } from './estimate-pose.ts';
import { loadPoseModels, type PoseSessions } from './models.ts';
import { unusableDetail } from './unusable-image.ts';

/** Look at `image`, or only load the models when it is null. */
export interface PoseTask {
  readonly modelFolder: string;
  readonly image: Uint8Array | null;
}

export type PoseReply =
  | { readonly kind: 'loaded' }
  | { readonly kind: 'observed'; readonly observation: PhotoObservation }
  | { readonly kind: 'unusable_image'; readonly detail: string }
  | { readonly kind: 'models_unusable'; readonly problem: string };

let models: Promise<PoseSessions> | null = null;

/**
 * Lets the event loop and the walk go first where processors are scarce. On Linux priority 0 names
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
export default async function runPoseTask({ modelFolder, image }: PoseTask): Promise<PoseReply> {
  models ??= load(modelFolder);
  let sessions: PoseSessions;
  try {
    sessions = await models;
  } catch (error) {
    models = null;
    return { kind: 'models_unusable', problem: String((error as Error).message) };
  }
  if (image === null) return { kind: 'loaded' };
  try {
    return { kind: 'observed', observation: await estimatePose(sessions, image) };
  } catch (error) {
    return { kind: 'unusable_image', detail: unusableDetail(error) };
  }
}
