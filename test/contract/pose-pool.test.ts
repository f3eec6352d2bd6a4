/** The pool of pose threads: its line, its models that come and go, and its end. */
import assert from 'node:assert/strict';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { copyFile, mkdtempDisposable, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { PosePool, type PosePoolOptions } from '../../src/adapters/mediapipe/pose-pool.ts';
import type { PoseOutcome } from '../../src/pose.ts';
import { checkPhoto } from '../../src/sizing/photo-check.ts';
import { slowPng } from '../support/images/large-images.ts';
import { deviationOf, FIXTURES, foundPose, readGoldens } from '../support/sizing/pose-goldens.ts';
import { poseModelFolder } from '../support/sizing/pose-models.ts';

const NEVER = new AbortController().signal;
const MODEL_FILES = ['manifest.json', 'pose_detection.onnx', 'pose_landmark_full.onnx'];

let modelFolder: string;
let photo: Uint8Array;

before(async () => {
  modelFolder = await poseModelFolder();
  photo = await readFile(join(FIXTURES, 's1_00.jpg'));
});

async function readyPool(options: Partial<PosePoolOptions> = {}): Promise<PosePool> {
  const ready = Promise.withResolvers<void>();
  const pool = new PosePool({ modelFolder, threads: 1, onReady: ready.resolve, ...options });
  await ready.promise;
  return pool;
}

function kinds(outcomes: readonly PoseOutcome[]): Record<string, number> {
  const groups = Object.groupBy(outcomes, ({ kind }) => kind);
  return Object.fromEntries(Object.entries(groups).map(([kind, list]) => [kind, list.length]));
}

test("onnxruntime's telemetry is off unless it is switched on", async () => {
  delete process.env.ORT_DISABLE_TELEMETRY;
  await using _pool = await readyPool();
  assert.equal(process.env.ORT_DISABLE_TELEMETRY, '1');
});

test('a thread sees what the calling thread sees', async () => {
  await using pool = await readyPool();
  const outcome = await pool.estimate(photo, NEVER);
  assert.equal(outcome.kind, 'observed');
  const golden = (await readGoldens(join(FIXTURES, 'goldens.json')))[0];
  if (outcome.kind !== 'observed' || golden === undefined) return;
  const { landmarksPx } = deviationOf(foundPose(outcome.observation), golden);
  assert.ok(Math.max(...landmarksPx) < 0.5);
});

test('two people who overlap are two, though the detector takes them for one', async () => {
  await using pool = await readyPool();
  const couple = await readFile(join(FIXTURES, 'overlapping_s1_00_s1_05.jpg'));
  const outcome = await pool.estimate(couple, NEVER);
  assert.ok(outcome.kind === 'observed');
  assert.equal(outcome.observation.detections.length, 2);
  assert.deepEqual(
    checkPhoto(outcome.observation).map(({ reason }) => reason),
    ['several_people'],
  );
  const alone = await pool.estimate(photo, NEVER);
  assert.ok(alone.kind === 'observed' && alone.observation.detections.length === 1);
});

test('photos at the same time do not disturb each other', async () => {
  await using pool = await readyPool({ threads: 2 });
  const other = await readFile(join(FIXTURES, 's4_22.jpg'));
  const alone = [await pool.estimate(photo, NEVER), await pool.estimate(other, NEVER)];
  const mixed = await Promise.all(
    Array.from({ length: 8 }, (_, index) => pool.estimate(index % 2 ? other : photo, NEVER)),
  );
  for (const [index, outcome] of mixed.entries()) assert.deepEqual(outcome, alone[index % 2]);
});

test('a second thread starts only while the first is busy', async () => {
  let started = 0;
  const count = () => {
    started += 1;
  };
  subscribe('worker_threads', count);
  try {
    await using pool = await readyPool({ threads: 2 });
    for (let i = 0; i < 3; i += 1) await pool.estimate(photo, NEVER);
    assert.equal(started, 1);
    await Promise.all([pool.estimate(photo, NEVER), pool.estimate(photo, NEVER)]);
    assert.equal(started, 2);
  } finally {
    unsubscribe('worker_threads', count);
  }
});

test('an unusable photo gets its own answer, and the thread lives on', async () => {
  await using pool = await readyPool();
  const outcome = await pool.estimate(Buffer.from('not a picture'), NEVER);
  assert.deepEqual(outcome, { kind: 'unusable_image', detail: 'unsupported' });
  assert.equal((await pool.estimate(photo, NEVER)).kind, 'observed');
});

test('a pool whose queue is full answers busy at once', async () => {
  await using pool = await readyPool({ maxWaiting: 2 });
  const outcomes = await Promise.all(Array.from({ length: 6 }, () => pool.estimate(photo, NEVER)));
  assert.deepEqual(kinds(outcomes), { observed: 3, busy: 3 });
});

test('photos that are slow to decode delay no other, and few of them wait', async () => {
  await using pool = await readyPool();
  const slow = await slowPng();
  const ended: string[] = [];
  const estimate = async (name: string, file: Uint8Array) => {
    const { kind } = await pool.estimate(file, NEVER);
    ended.push(`${name} ${kind}`);
  };
  const slowOnes = Array.from({ length: 6 }, () => estimate('slow', slow));
  await Promise.all([...slowOnes, estimate('other', photo)]);
  assert.deepEqual(ended.slice(0, 2), ['slow busy', 'other observed']);
  assert.deepEqual(ended.slice(2), Array(5).fill('slow observed'));
});

test('a caller that gives up is released at once, and its slot is freed', async () => {
  await using pool = await readyPool({ maxWaiting: 0 });
  const impatient = new AbortController();
  const estimate = pool.estimate(photo, impatient.signal);
  impatient.abort(new Error('too long'));
  await assert.rejects(estimate, /too long/);
  let outcome: PoseOutcome;
  do outcome = await pool.estimate(photo, NEVER);
  while (outcome.kind === 'busy');
  assert.equal(outcome.kind, 'observed');
});

test('without models the pool is not ready and says why, until they appear', async () => {
  await using temporary = await mkdtempDisposable(join(tmpdir(), 'pose-models-'));
  const folder = temporary.path;
  const problem = Promise.withResolvers<string>();
  const ready = Promise.withResolvers<void>();
  await using pool = new PosePool({
    modelFolder: folder,
    threads: 1,
    retryMs: 20,
    onProblem: problem.resolve,
    onReady: ready.resolve,
  });
  assert.match(
    await problem.promise,
    /no pose models .* run npm run models, or correct MEDIAPIPE_MODEL_PATH/,
  );
  assert.equal(pool.ready, false);
  assert.deepEqual(await pool.estimate(photo, NEVER), { kind: 'unavailable' });
  await Promise.all(
    MODEL_FILES.toReversed().map((file) => copyFile(join(modelFolder, file), join(folder, file))),
  );
  await ready.promise;
  assert.equal(pool.ready, true);
  assert.equal((await pool.estimate(photo, NEVER)).kind, 'observed');
});

test('a model that is not the one of the manifest is refused', async () => {
  await using temporary = await mkdtempDisposable(join(tmpdir(), 'pose-models-'));
  const folder = temporary.path;
  await copyFile(join(modelFolder, 'manifest.json'), join(folder, 'manifest.json'));
  await writeFile(join(folder, 'pose_detection.onnx'), 'something else');
  await writeFile(join(folder, 'pose_landmark_full.onnx'), 'something else');
  const problem = Promise.withResolvers<string>();
  await using _pool = new PosePool({ modelFolder: folder, threads: 1, onProblem: problem.resolve });
  assert.match(await problem.promise, /is not the file that manifest.json names/);
});

test('a stopping pool rejects the waiting and is unavailable from then on', async () => {
  const pool = await readyPool();
  const waiting = Promise.all([pool.estimate(photo, NEVER), pool.estimate(photo, NEVER)]);
  await pool[Symbol.asyncDispose]();
  assert.deepEqual(kinds(await waiting), { unavailable: 2 });
  assert.equal(pool.ready, false);
  assert.deepEqual(await pool.estimate(photo, NEVER), { kind: 'unavailable' });
});

// At any step of the threads: a thread ended inside onnxruntime would end the process.
for (const afterMs of [40, 60, 80]) {
  test(`a pool ended ${afterMs} ms after all threads got busy lets each finish`, async () => {
    const outcomes: Promise<PoseOutcome>[] = [];
    {
      await using pool = await readyPool({ threads: 2 });
      await pool.estimate(photo, NEVER);
      for (let i = 0; i < 10; i += 1) outcomes.push(pool.estimate(photo, NEVER));
      await sleep(afterMs);
    }
    const { observed = 0, unavailable = 0 } = kinds(await Promise.all(outcomes));
    assert.equal(observed + unavailable, 10);
  });
}

test('a picture is viewed, and checked against the photo of its person', async () => {
  await using pool = new PosePool({ modelFolder, threads: 1 });
  // Begun before the models are loaded: pictures to be checked wait for them.
  const seen = await pool.view(photo, NEVER);
  assert.ok(seen.kind === 'viewed' && seen.view.people === 1);
  const check = (image: Uint8Array) => pool.check({ image, photo: seen.view, size: null }, NEVER);
  const same = await check(photo);
  assert.ok(same.kind === 'checked');
  assert.deepEqual([same.verdict.findings, same.verdict.refusal], [['unchanged'], 'unchanged']);
  assert.deepEqual(await check(Buffer.from('no picture')), { kind: 'undecodable' });
});

test('a photo for a size goes before the pictures that wait to be checked', async () => {
  await using pool = await readyPool();
  const ended: string[] = [];
  const note = (name: string) => () => ended.push(name);
  const first = pool.view(photo, NEVER).then(note('first view'));
  await sleep(0);
  await Promise.all([
    first,
    pool.view(photo, NEVER).then(note('second view')),
    pool.estimate(photo, NEVER).then(note('size')),
  ]);
  assert.deepEqual(ended, ['first view', 'size', 'second view']);
});
