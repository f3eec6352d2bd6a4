/** The pose models, converted by the first test that needs them. */
import { buildModels, MODEL_FOLDER } from '../../../scripts/pose-models.ts';

/** The folder `models` of the project, filled. */
export async function poseModelFolder(): Promise<string> {
  await buildModels();
  return MODEL_FOLDER;
}
