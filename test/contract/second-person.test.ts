/** Who counts as a second person: someone of whom enough shows. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { InferenceSession } from 'onnxruntime-node';
import { estimatePose } from '../../src/adapters/mediapipe/estimate-pose.ts';
import { loadPoseModels, type PoseSessions } from '../../src/adapters/mediapipe/models.ts';
import { FIXTURES } from '../support/sizing/pose-goldens.ts';
import { poseModelFolder } from '../support/sizing/pose-models.ts';

/** The models, with no outline of the second person below a row of its square (256 rows). */
function shownDownTo(row: number, { detector, landmarks }: PoseSessions): PoseSessions {
  const { inputNames, outputNames } = landmarks;
  let runs = 0;
  const run = async (feeds: InferenceSession.FeedsType) => {
    const outputs = await landmarks.run(feeds);
    runs += 1;
    const mask = outputs[outputNames[2] ?? '']?.data as Float32Array;
    if (runs === 2) mask.fill(-100, row * 256);
    return outputs;
  };
  return { detector, landmarks: { run, inputNames, outputNames } as InferenceSession };
}

test('a second person counts when enough of the outline shows', async () => {
  const models = await loadPoseModels(await poseModelFolder());
  const couple = await readFile(join(FIXTURES, 'overlapping_s1_00_s1_05.jpg'));
  const peopleShownDownTo = async (row: number) =>
    (await estimatePose(shownDownTo(row, models), couple)).detections.length;
  assert.equal(await peopleShownDownTo(256), 2);
  assert.equal(await peopleShownDownTo(80), 1);
});
