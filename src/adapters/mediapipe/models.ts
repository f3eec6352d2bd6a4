/** The two ONNX models: found in their folder, checked against the manifest, loaded. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { z } from 'zod';
import { freeBuffer } from '../../images/free-buffer.ts';

/** Raised with every change of the converter that makes other files of the same sources. */
export const MODEL_REVISION = 4;

const manifestFile = z.object({
  revision: z.literal(MODEL_REVISION),
  /** Of the .tflite files that were converted. */
  sources: z.record(z.string(), z.string()),
  /** Of the .onnx files. */
  models: z.record(z.string(), z.string()),
});

/** `manifest.json`, written with the models by `npm run models`: SHA-256 of each file, in hex. */
export type ModelManifest = Readonly<z.infer<typeof manifestFile>>;

export const MANIFEST_FILE = 'manifest.json';
export const DETECTOR_FILE = 'pose_detection.onnx';
export const LANDMARK_FILE = 'pose_landmark_full.onnx';

/** Both models, ready to run. A session must not run twice at once. */
export interface PoseSessions {
  readonly detector: InferenceSession;
  readonly landmarks: InferenceSession;
}

/**
 * One thread, no spinning: on busy cores spinning was measured to cost three times the CPU. The
 * memory pattern reserves 15 MB or more for every thread and saves no time.
 */
const SESSION_OPTIONS: InferenceSession.SessionOptions = {
  executionProviders: ['cpu'],
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  executionMode: 'sequential',
  graphOptimizationLevel: 'all',
  enableMemPattern: false,
  extra: { session: { intra_op: { allow_spinning: '0' } } },
};

/** Throws an Error that says which file of `folder` is missing or not what the manifest says. */
export async function loadPoseModels(folder: string): Promise<PoseSessions> {
  // onnxruntime sends telemetry to its maker from its first session on, unless it is disabled.
  process.env.ORT_DISABLE_TELEMETRY ??= '1';
  const manifest = await readManifest(folder);
  const [detector, landmarks] = await Promise.all([
    loadModel(folder, DETECTOR_FILE, manifest),
    loadModel(folder, LANDMARK_FILE, manifest),
  ]);
  return { detector, landmarks };
}

/** What a run of a model gave, in the order of the model; disposing frees it. */
interface ModelRun extends Disposable {
  readonly outputs: readonly Float32Array[];
}

/** Runs a model on `height` rows of `width` RGB bytes; the landmark model takes one size only. */
export async function runModel(
  session: InferenceSession,
  pixels: Uint8Array,
  { width, height }: { readonly width: number; readonly height: number },
): Promise<ModelRun> {
  const tensor = new Tensor('uint8', pixels, [1, height, width, 3]);
  const results = await session.run({ [session.inputNames[0] ?? '']: tensor });
  const outputs = session.outputNames.map((name) => {
    const data = results[name]?.data;
    if (data instanceof Float32Array) return data;
    throw new Error(`the model's output ${name} is not fp32`);
  });
  return { outputs, [Symbol.dispose]: () => outputs.forEach(freeBuffer) };
}

async function readManifest(folder: string): Promise<ModelManifest> {
  const path = join(folder, MANIFEST_FILE);
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    const fix = 'run npm run models, or correct MEDIAPIPE_MODEL_PATH';
    throw new Error(`no pose models in ${folder} (${MANIFEST_FILE}): ${fix}`, { cause });
  });
  try {
    return manifestFile.parse(JSON.parse(text));
  } catch (cause) {
    throw new Error(`${path} is damaged or of another release: run npm run models`, { cause });
  }
}

async function loadModel(
  folder: string,
  file: string,
  manifest: ModelManifest,
): Promise<InferenceSession> {
  const path = join(folder, file);
  // Not as one buffer: an idle thread never collects it, 25 MB for both models.
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash).catch((cause: unknown) => {
    throw new Error(`${file} is missing in ${folder}: run npm run models`, { cause });
  });
  if (hash.digest('hex') !== manifest.models[file]) {
    throw new Error(`${file} in ${folder} is not the file that ${MANIFEST_FILE} names`);
  }
  return InferenceSession.create(path, SESSION_OPTIONS);
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
