/** The pose models, converted by the first test that needs them. */
import { join } from 'node:path';
import { buildModels } from '../../scripts/pose-models.ts';

/** The folder `models` of the project, filled. */
export async function poseModelFolder(): Promise<string> {
  const root = join(import.meta.dirname, '../..');
  const folder = join(root, 'models');
  await buildModels(join(root, 'node_modules/@mediapipe/pose'), folder);
  return folder;
}
