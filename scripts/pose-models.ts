/** Converts the pose models into a folder, once: checksums of what goes in and what comes out. */
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { convertTfliteToOnnx } from '../packages/tflite-to-onnx/convert.ts';
import {
  DETECTOR_FILE,
  LANDMARK_FILE,
  MANIFEST_FILE,
  MODEL_REVISION,
  type ModelManifest,
  sha256,
} from '../src/adapters/mediapipe/models.ts';

/** Where the project's models are. */
export const MODEL_FOLDER = join(import.meta.dirname, '../models');
const SOURCE_FOLDER = join(import.meta.dirname, '../node_modules/@mediapipe/pose');

/**
 * The files of @mediapipe/pose 0.5.1675469404 (Apache-2.0); the first one is pose_detection.tflite.
 * `lowest`: what black is to the model; white is 1. `anySize`: it also takes pictures of other sizes
 * than its own.
 */
const SOURCES = [
  {
    source: 'pose_solution_packed_assets.data',
    sha256: 'a63c614bef30d35947f13be361820b1e4e3bec9cfeebf4d11216a18373108e85',
    model: DETECTOR_FILE,
    lowest: -1,
    anySize: true,
  },
  {
    source: 'pose_landmark_full.tflite',
    sha256: 'e9a5c5cb17f736fafd4c2ec1da3b3d331d6edbe8a0d32395855aeb2cdfd64b9f',
    model: LANDMARK_FILE,
    lowest: 0,
    anySize: false,
  },
];

/**
 * Writes both models and their manifest to `folder`, unless they are there already, whole, and
 * made of these sources. Throws when a source is not the file that its checksum names.
 */
export async function buildModels(
  folder = MODEL_FOLDER,
  sourceFolder = SOURCE_FOLDER,
): Promise<'built' | 'already_there'> {
  if (await isComplete(folder)) return 'already_there';
  await mkdir(folder, { recursive: true });
  const checksums: [string, string][] = [];
  for (const { source, sha256: expected, model, lowest, anySize } of SOURCES) {
    const file = await readFile(join(sourceFolder, source));
    if (sha256(file) !== expected) throw new Error(`${source} is not the file it should be`);
    const converted = convertTfliteToOnnx(file, { byteInput: { lowest }, anySize });
    checksums.push([model, sha256(converted)]);
    await writeWhole(join(folder, model), converted);
  }
  const manifest: ModelManifest = {
    revision: MODEL_REVISION,
    sources: sources(),
    models: Object.fromEntries(checksums),
  };
  await writeWhole(join(folder, MANIFEST_FILE), `${JSON.stringify(manifest, null, 2)}\n`);
  return 'built';
}

function sources(): Record<string, string> {
  return Object.fromEntries(SOURCES.map(({ source, sha256: checksum }) => [source, checksum]));
}

async function isComplete(folder: string): Promise<boolean> {
  try {
    const text = await readFile(join(folder, MANIFEST_FILE), 'utf8');
    const manifest = JSON.parse(text) as ModelManifest;
    const same =
      manifest.revision === MODEL_REVISION &&
      JSON.stringify(manifest.sources) === JSON.stringify(sources());
    const whole = await Promise.all(
      SOURCES.map(async ({ model }) => {
        return sha256(await readFile(join(folder, model))) === manifest.models[model];
      }),
    );
    return same && whole.every(Boolean);
  } catch {
    return false;
  }
}

/** Others see the old file or the new one, never a part: two processes may build at once. */
async function writeWhole(path: string, content: string | Uint8Array): Promise<void> {
  const partial = `${path}.${process.pid}.part`;
  await writeFile(partial, content);
  await rename(partial, path);
}
