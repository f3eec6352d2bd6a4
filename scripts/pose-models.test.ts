/** The build step of the pose models: checks what goes in, and does nothing when all is there. */
import assert from 'node:assert/strict';
import { copyFile, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { loadPoseModels } from '../src/adapters/mediapipe/models.ts';
import { buildModels } from './pose-models.ts';

const SOURCES = join(import.meta.dirname, '../node_modules/@mediapipe/pose');

async function temporaryFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'pose-models-'));
  t.after(() => rm(folder, { recursive: true }));
  return folder;
}

test('both models are written with a manifest, load, and are kept', async (t) => {
  const folder = await temporaryFolder(t);
  assert.equal(await buildModels(folder), 'built');
  const files = ['manifest.json', 'pose_detection.onnx', 'pose_landmark_full.onnx'];
  assert.deepEqual((await readdir(folder)).sort(), files);
  const { detector, landmarks } = await loadPoseModels(folder);
  assert.equal(detector.outputNames.length, 2);
  assert.equal(landmarks.outputNames.length, 5);
  const before = await stat(join(folder, 'pose_detection.onnx'));
  assert.equal(await buildModels(folder), 'already_there');
  assert.equal((await stat(join(folder, 'pose_detection.onnx'))).mtimeMs, before.mtimeMs);
});

test('a damaged model is written anew, the same as before', async (t) => {
  const folder = await temporaryFolder(t);
  await buildModels(folder);
  const path = join(folder, 'pose_landmark_full.onnx');
  const whole = await readFile(path);
  await writeFile(path, whole.subarray(0, 1000));
  await assert.rejects(loadPoseModels(folder), /is not the file that manifest.json names/);
  assert.equal(await buildModels(folder), 'built');
  assert.ok(whole.equals(await readFile(path)));
});

test('models of another revision do not load and are written anew', async (t) => {
  const folder = await temporaryFolder(t);
  await buildModels(folder);
  const path = join(folder, 'manifest.json');
  const { revision, ...rest } = JSON.parse(await readFile(path, 'utf8'));
  await writeFile(path, JSON.stringify({ ...rest, revision: revision - 1 }));
  await assert.rejects(loadPoseModels(folder), /of another release: run npm run models/);
  assert.equal(await buildModels(folder), 'built');
});

test('a source that is not the file it should be stops the build', async (t) => {
  const [sources, folder] = [await temporaryFolder(t), await temporaryFolder(t)];
  const landmarks = 'pose_landmark_full.tflite';
  await copyFile(join(SOURCES, landmarks), join(sources, landmarks));
  await writeFile(join(sources, 'pose_solution_packed_assets.data'), 'something else');
  await assert.rejects(buildModels(folder, sources), /is not the file it should be/);
  assert.deepEqual(await readdir(folder), []);
});
