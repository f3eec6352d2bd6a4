/** Our pose estimator against MediaPipe's own, number by number. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { estimatePose } from '../../src/adapters/mediapipe/estimate-pose.ts';
import { loadPoseModels, type PoseSessions } from '../../src/adapters/mediapipe/models.ts';
import {
  type Deviation,
  deviationOf,
  FIXTURES,
  foundPose,
  type PoseGolden,
  readGoldens,
} from '../support/sizing/pose-goldens.ts';
import { poseModelFolder } from '../support/sizing/pose-models.ts';

const MAX_PX = 0.5;
const MAX_MEAN_PX = 0.05;
const MAX_WORLD_MM = 2;
const MAX_VISIBILITY = 0.003;
const MAX_MASK_AREA = 0.0005;
const MAX_MASK_ROW = 0.005;

const SHARED = process.env.SHARED_DATA ?? join(import.meta.dirname, '../../../shared/data');
const LARGER_SETS = [
  { goldens: 'pose-goldens/goldens.json', images: 'people/images' },
  { goldens: 'pose-goldens/goldens-dressed.json', images: 'people-dressed/images' },
];

let models: PoseSessions;

before(async () => {
  models = await loadPoseModels(await poseModelFolder());
});

describe('the pose estimator agrees with MediaPipe', () => {
  test('about persons, loose clothes, crops, crowds, empty and rotated photos', async () => {
    const deviations = await deviationsOf(FIXTURES, join(FIXTURES, 'goldens.json'));
    assert.equal(deviations.length, 5);
    assertSmall(deviations);
  });

  for (const { goldens, images } of LARGER_SETS) {
    const path = join(SHARED, goldens);
    const skip = existsSync(path) ? false : `${path} is not there (SHARED_DATA names its folder)`;
    test(`about every picture of ${images}`, { skip }, async (t) => {
      const deviations = await deviationsOf(join(SHARED, images), path);
      assert.ok(deviations.length > 0);
      assertSmall(deviations);
      t.diagnostic(JSON.stringify(summary(deviations)));
    });
  }
});

async function deviationsOf(images: string, goldens: string): Promise<Deviation[]> {
  const deviations: Deviation[] = [];
  for (const golden of await readGoldens(goldens)) {
    const deviation = await compare(await readFile(join(images, golden.file)), golden);
    if (deviation !== null) deviations.push(deviation);
  }
  return deviations;
}

async function compare(image: Uint8Array, golden: PoseGolden): Promise<Deviation | null> {
  const observation = await estimatePose(models, image, Infinity);
  assert.equal(observation.widthPx, golden.width, golden.file);
  assert.equal(observation.heightPx, golden.height, golden.file);
  assert.equal(observation.detections.length, golden.detections.count, `${golden.file}: people`);
  assert.equal(observation.pose === null ? 0 : 1, golden.poses, `${golden.file}: poses`);
  return golden.poses === 0 ? null : deviationOf(foundPose(observation), golden);
}

function assertSmall(deviations: readonly Deviation[]): void {
  const found = summary(deviations);
  assert.ok(found.meanPx <= MAX_MEAN_PX, `landmarks are off by ${found.meanPx} px on average`);
  assert.ok(found.maxPx <= MAX_PX, `a landmark is off by ${found.maxPx} px`);
  assert.ok(found.worldMm <= MAX_WORLD_MM, `a world landmark is off by ${found.worldMm} mm`);
  assert.ok(found.visibility <= MAX_VISIBILITY, `a visibility is off by ${found.visibility}`);
  assert.ok(found.maskArea <= MAX_MASK_AREA, `a mask's area is off by ${found.maskArea}`);
  assert.ok(found.maskRow <= MAX_MASK_ROW, `a band of a mask is off by ${found.maskRow}`);
}

function summary(deviations: readonly Deviation[]) {
  const pixels = deviations.flatMap((deviation) => deviation.landmarksPx);
  const largest = (value: (deviation: Deviation) => number) => Math.max(...deviations.map(value));
  return {
    poses: deviations.length,
    meanPx: pixels.reduce((sum, px) => sum + px, 0) / pixels.length,
    maxPx: Math.max(...pixels),
    worldMm: largest((deviation) => deviation.worldMm),
    visibility: largest((deviation) => deviation.visibility),
    maskArea: largest((deviation) => deviation.maskArea),
    maskRow: largest((deviation) => deviation.maskRow),
  };
}
