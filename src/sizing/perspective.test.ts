import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PerspectiveModel } from './coefficients.ts';
import { withoutPerspective } from './perspective.ts';
import { PHOTO_FEATURES, type PhotoFeatures } from './photo-features.ts';

/** A camera that shows every level at the scale of the whole body. */
const FAR_AWAY: PerspectiveModel = { mean: [], sd: [], chest: [], hip: [] };
const FEATURES = Object.fromEntries(PHOTO_FEATURES.map((name) => [name, 30])) as PhotoFeatures;

function facing(turn: number): PhotoFeatures {
  const perspective = [...Array.from({ length: 8 }, () => 0), turn ** 2];
  return withoutPerspective(FEATURES, perspective, FAR_AWAY);
}

test('a body that faces the camera is as broad as it looks', () => {
  assert.deepEqual(facing(0), FEATURES);
});

test('a turned body is broader than it looks and its legs are not', () => {
  const { shoulderJoints, trunkOutline, calfOutline, ankleToSole } = facing(0.25);
  const expected = 30 / Math.cos(0.25);
  for (const breadth of [shoulderJoints, trunkOutline]) {
    assert.ok(Math.abs((breadth ?? 0) - expected) < 1e-9, String(breadth));
  }
  assert.equal(calfOutline, 30);
  assert.equal(ankleToSole, 30);
});

test('a measured turn beyond what the photo check accepts counts as that', () => {
  assert.deepEqual(facing(1.2), facing(0.35));
});

test('a breadth that was not measured stays unmeasured', () => {
  const perspective = Array.from({ length: 9 }, () => 0.01);
  const features = { ...FEATURES, chestOutline: null };
  assert.equal(withoutPerspective(features, perspective, FAR_AWAY).chestOutline, null);
});
