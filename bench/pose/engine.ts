/** The pose engine by itself: models, pipeline, and threads. */
import { readFile } from 'node:fs/promises';
import sharp from 'sharp';
import { decodeImage } from '../../src/adapters/mediapipe/decode-image.ts';
import { WHOLE_SQUARE } from '../../src/adapters/mediapipe/detector.ts';
import { estimatePose } from '../../src/adapters/mediapipe/estimate-pose.ts';
import { LANDMARK_INPUT_SIZE } from '../../src/adapters/mediapipe/landmarks.ts';
import { loadPoseModels, runModel } from '../../src/adapters/mediapipe/models.ts';
import { PosePool } from '../../src/adapters/mediapipe/pose-pool.ts';
import { secondPassSide } from '../../src/adapters/mediapipe/second-pass.ts';
import { fastTimesInTurns, fixed, printTable, quantile, timeMs } from '../timing.ts';
import { PHONE } from './endpoint.ts';

const ROUNDS = 100;
const PHONE_ROUNDS = 20;
const THREADS_MS = 6_000;

/** Bare models against the whole way from a file to a pose, one thread, in turns. */
export async function benchEngine(modelFolder: string, photoFile: string): Promise<void> {
  const loads = [];
  for (let i = 0; i < 5; i += 1) loads.push(await timeMs(() => loadPoseModels(modelFolder)));
  const models = await loadPoseModels(modelFolder);
  const photo = await readFile(photoFile);
  const phonePhoto = await sharp(photo).resize(PHONE).jpeg({ quality: 90 }).toBuffer();
  const detectorInput = new Uint8Array(WHOLE_SQUARE.side ** 2 * 3).fill(140);
  // The second pass over a photo of 3:4.
  const secondView = { width: 128, height: secondPassSide({ width: 3, height: 4 }) };
  const secondInput = new Uint8Array(secondView.width * secondView.height * 3).fill(140);
  const landmarkInput = new Uint8Array(LANDMARK_INPUT_SIZE ** 2 * 3).fill(128);
  const landmarkView = { width: LANDMARK_INPUT_SIZE, height: LANDMARK_INPUT_SIZE };
  const times = await fastTimesInTurns(
    {
      detector: () => runModel(models.detector, detectorInput, WHOLE_SQUARE),
      secondPass: () => runModel(models.detector, secondInput, secondView),
      landmarks: () => runModel(models.landmarks, landmarkInput, landmarkView),
      decode: () => decodeImage(photo),
      whole: () => estimatePose(models, photo),
    },
    ROUNDS,
  );
  const phone = await fastTimesInTurns(
    {
      decode: () => decodeImage(phonePhoto),
      whole: () => estimatePose(models, phonePhoto),
    },
    PHONE_ROUNDS,
  );
  // Each photo of one person takes both passes of the detector and two runs of the landmark model.
  const bare = times.detector + times.secondPass + 2 * times.landmarks;
  const row = (what: string, ms: number) => [
    what,
    fixed(ms),
    `${fixed((ms / bare - 1) * 100, 0)} %`,
  ];
  console.log('## One pose, one thread (fastest tenth, ms)\n');
  printTable(
    ['what', 'ms', 'above the bare models'],
    [
      ['detector alone', fixed(times.detector), ''],
      ['its second pass alone', fixed(times.secondPass), ''],
      ['landmark model alone', fixed(times.landmarks), ''],
      ['**bare models: both passes, landmarks twice (baseline)**', fixed(bare), ''],
      ['decoding a 540 x 720 JPEG', fixed(times.decode), ''],
      row('file to pose, 540 x 720', times.whole),
      row('the same without decoding', times.whole - times.decode),
      ['decoding a 12-megapixel JPEG', fixed(phone.decode), ''],
      row('file to pose, 12 megapixels', phone.whole),
      row('the same without decoding', phone.whole - phone.decode),
      ['loading both models from files', fixed(quantile(loads, 0.5)), ''],
    ],
  );
}

/** Poses a second through the pool, always with work waiting. */
export async function benchThreads(modelFolder: string, photoFile: string): Promise<void> {
  const photo = await readFile(photoFile);
  const rows = [];
  for (const threads of [1, 2])
    rows.push([threads, ...(await posesPerSecond(modelFolder, photo, threads))]);
  console.log('## The pool of threads\n');
  printTable(['threads', 'ready after ms', 'poses/s', 'CPU-ms per pose'], rows);
}

async function posesPerSecond(
  modelFolder: string,
  photo: Uint8Array,
  threads: number,
): Promise<string[]> {
  const ready = Promise.withResolvers<void>();
  const start = performance.now();
  await using pool = new PosePool({ modelFolder, threads, onReady: ready.resolve });
  await ready.promise;
  const readyMs = performance.now() - start;
  const signal = new AbortController().signal;
  await Promise.all(Array.from({ length: threads * 5 }, () => pool.estimate(photo, signal)));
  let poses = 0;
  const cpu = process.cpuUsage();
  const begin = performance.now();
  const keepAsking = async () => {
    while (performance.now() - begin < THREADS_MS) {
      await pool.estimate(photo, signal);
      poses += 1;
    }
  };
  await Promise.all(Array.from({ length: threads * 2 }, keepAsking));
  const seconds = (performance.now() - begin) / 1000;
  const used = process.cpuUsage(cpu);
  const cpuMs = (used.user + used.system) / 1000 / poses;
  return [fixed(readyMs, 0), fixed(poses / seconds), fixed(cpuMs)];
}
