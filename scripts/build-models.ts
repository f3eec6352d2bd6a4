/**
 * Makes the pose models that the worker loads: checks MediaPipe's .tflite files from the npm
 * package @mediapipe/pose and converts them to ONNX. Does nothing when they are there and whole.
 * `npm run models [-- folder]`; the default folder is `models` in the project's root.
 */
import { resolve } from 'node:path';
import { buildModels, MODEL_FOLDER } from './pose-models.ts';

const folder = resolve(process.argv[2] ?? process.env.MEDIAPIPE_MODEL_PATH ?? MODEL_FOLDER);
const outcome = await buildModels(folder);
console.log(
  outcome === 'built' ? `Pose models written to ${folder}` : `Pose models are in ${folder}`,
);
