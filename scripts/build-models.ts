/**
 * Makes the pose models that the worker loads: checks MediaPipe's .tflite files from the npm
 * package @mediapipe/pose and converts them to ONNX. Does nothing when they are there and whole.
 * `npm run models [-- folder]`; the default folder is `models` in the project's root.
 */
import { join, resolve } from 'node:path';
import { buildModels } from './pose-models.ts';

const root = join(import.meta.dirname, '..');
const folder = resolve(process.argv[2] ?? process.env.MEDIAPIPE_MODEL_PATH ?? join(root, 'models'));
const outcome = await buildModels(join(root, 'node_modules/@mediapipe/pose'), folder);
console.log(
  outcome === 'built' ? `Pose models written to ${folder}` : `Pose models are in ${folder}`,
);
