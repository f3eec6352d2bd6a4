/**
 * Are the pose models present and undamaged?
 */
import { loadPoseModels } from '../../adapters/mediapipe/models.ts';
import { redact } from '../../telemetry/redaction.ts';
import { type Check, fail, ok } from './check.ts';

export async function checkPoseModels(folder: string): Promise<Check> {
  try {
    const { detector, landmarks } = await loadPoseModels(folder);
    await Promise.all([detector.release(), landmarks.release()]);
    return ok('pose models', `whole, in ${folder}`);
  } catch (error) {
    const fix = 'run `npm run models`, or set MEDIAPIPE_MODEL_PATH; only sizes need them';
    return fail('pose models', redact((error as Error).message), fix);
  }
}
