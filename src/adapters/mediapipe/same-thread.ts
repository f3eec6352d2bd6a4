/** A pose estimator for programs that look at a photo or two and end: it works in the calling thread. */
import type { PoseEstimator } from '../../pose.ts';
import { estimatePose } from './estimate-pose.ts';
import { loadPoseModels } from './models.ts';
import { unusableDetail } from './unusable-image.ts';

/** Throws an Error that says which model is missing or wrong. Photos are taken one at a time. */
export async function poseEstimatorInThisThread(modelFolder: string): Promise<PoseEstimator> {
  const sessions = await loadPoseModels(modelFolder);
  return {
    ready: true,
    async estimate(image) {
      try {
        return { kind: 'observed', observation: await estimatePose(sessions, image) };
      } catch (error) {
        return { kind: 'unusable_image', detail: unusableDetail(error) };
      }
    },
  };
}
