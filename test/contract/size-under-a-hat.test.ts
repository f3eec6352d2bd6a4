/** Hair and hats are not stature: they must not change a size. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import sharp from 'sharp';
import { estimatePose } from '../../src/adapters/mediapipe/estimate-pose.ts';
import { loadPoseModels } from '../../src/adapters/mediapipe/models.ts';
import { estimateFromEvidence } from '../../src/sizing/estimate-body.ts';
import { figuresIn } from '../../src/sizing/figure.ts';
import { checkPhoto } from '../../src/sizing/photo-check.ts';
import { photoEvidence } from '../../src/sizing/photo-evidence.ts';
import { ORIGINAL_CHART } from '../../src/sizing/size-chart.ts';
import { poseModelFolder } from '../support/sizing/pose-models.ts';

const PHOTO = join(import.meta.dirname, '../../local/samples/people/fay.jpg');
const TOP_HAT = Buffer.from(
  '<svg width="540" height="840" fill="#222"><path d="M244 99h54v57h16v12h-87v-12h17z"/></svg>',
);
const HEIGHT_CM = 168;

test('a top hat changes neither the size nor a girth by 2 cm', async () => {
  const models = await loadPoseModels(await poseModelFolder());
  const estimate = async (file: Buffer) => {
    const photo = await estimatePose(models, file);
    assert.deepEqual(checkPhoto(photo), []);
    const figures = figuresIn(photo);
    const evidence = figures && photoEvidence(figures, HEIGHT_CM);
    return estimateFromEvidence({ heightCm: HEIGHT_CM }, evidence, ORIGINAL_CHART);
  };
  const bare = await sharp(PHOTO).extend({ top: 120, extendWith: 'copy' }).png().toBuffer();
  const without = await estimate(bare);
  const worn = await estimate(
    await sharp(bare)
      .composite([{ input: TOP_HAT }])
      .png()
      .toBuffer(),
  );
  assert.equal(worn.recommendedSize, without.recommendedSize);
  for (const girth of ['chestCm', 'waistCm', 'hipCm'] as const) {
    const moved = Math.abs(worn.measurements[girth] - without.measurements[girth]);
    assert.ok(moved < 2, `${girth} moved by ${moved.toFixed(1)} cm`);
  }
});
