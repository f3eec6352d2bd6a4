import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Landmark } from '../../pose.ts';
import {
  decodeLandmarks,
  decodeWorldLandmarks,
  projectToImage,
  refineOnHeatmap,
} from './landmarks.ts';

const HEATMAP = 64;
const CHANNELS = 39;
const UPRIGHT = { centerX: 100, centerY: 50, size: 40, rotation: 0 };

function landmark(x: number, y: number): Landmark {
  return { x, y, z: 0.5, visibility: 0.9, presence: 0.8 };
}

/** All cold but the given cells of the given point. */
function heatmap(point: number, cells: readonly [column: number, row: number, logit: number][]) {
  const values = new Float32Array(HEATMAP * HEATMAP * CHANNELS).fill(-100);
  for (const [column, row, logit] of cells) {
    values[(row * HEATMAP + column) * CHANNELS + point] = logit;
  }
  return values;
}

test("the model's numbers become 33 points in fractions of its input", () => {
  const values = new Float32Array(195);
  values.set([128, 64, -25.6, 0, 100], 5);
  const landmarks = decodeLandmarks(values);
  assert.equal(landmarks.length, 33);
  const { z = 0, ...rest } = landmarks[1] ?? {};
  assert.deepEqual(rest, { x: 0.5, y: 0.25, visibility: 0.5, presence: 1 });
  assert.ok(Math.abs(z + 0.1) < 1e-6);
});

test('a point moves to the centre of gravity of the heat around it', () => {
  const hot = heatmap(0, [
    [31, 20, 0],
    [33, 20, 0],
    [32, 23, 0],
  ]);
  const [moved] = refineOnHeatmap([landmark(0.5, 20 / 64)], hot);
  assert.ok(Math.abs((moved?.x ?? 0) - 32 / 64) < 1e-9);
  assert.ok(Math.abs((moved?.y ?? 0) - 21 / 64) < 1e-9);
  assert.equal(moved?.visibility, 0.9);
});

test('heat more than three cells away, or of another point, does not count', () => {
  const [stays] = refineOnHeatmap([landmark(0.5, 0.5)], heatmap(0, [[36, 32, 100]]));
  assert.deepEqual(stays, landmark(0.5, 0.5));
  const [alsoStays] = refineOnHeatmap([landmark(0.5, 0.5)], heatmap(1, [[32, 32, 100]]));
  assert.deepEqual(alsoStays, landmark(0.5, 0.5));
});

test('a point stays where no cell around it is at least half sure', () => {
  const lukewarm = heatmap(0, [[34, 32, -0.01]]);
  assert.deepEqual(refineOnHeatmap([landmark(0.5, 0.5)], lukewarm), [landmark(0.5, 0.5)]);
  const [moved] = refineOnHeatmap([landmark(0.5, 0.5)], heatmap(0, [[34, 32, 0]]));
  assert.ok(Math.abs((moved?.x ?? 0) - 34 / 64) < 1e-9);
});

test('the window ends at the edge of the heatmap, and points outside stay', () => {
  const corner = heatmap(0, [[0, 0, 100]]);
  const [moved] = refineOnHeatmap([landmark(0.02, 0.02)], corner);
  assert.ok(Math.abs(moved?.x ?? 1) < 1e-9);
  assert.deepEqual(refineOnHeatmap([landmark(-0.1, 0.02)], corner), [landmark(-0.1, 0.02)]);
});

test('an upright square is scaled and moved to its place, z by its width', () => {
  const [point] = projectToImage([landmark(1, 0.5)], UPRIGHT, { width: 200, height: 100 });
  assert.deepEqual(point, { x: 0.6, y: 0.5, z: 0.1, visibility: 0.9, presence: 0.8 });
});

test('points rotate about the middle of a square turned clockwise', () => {
  const region = { ...UPRIGHT, rotation: Math.PI / 2 };
  const [point] = projectToImage([landmark(1, 0.5)], region, { width: 200, height: 100 });
  assert.ok(Math.abs((point?.x ?? 0) - 0.5) < 1e-12);
  assert.ok(Math.abs((point?.y ?? 0) - 0.7) < 1e-12);
});

test('world landmarks turn with the square in x and y, and keep z and metres', () => {
  const region = { ...UPRIGHT, rotation: Math.PI / 2 };
  const [point] = decodeWorldLandmarks(Float32Array.of(1, 0, -0.5), [landmark(0, 0)], region);
  assert.ok(Math.abs(point?.x ?? 1) < 1e-12);
  assert.deepEqual({ ...point, x: 0 }, { x: 0, y: 1, z: -0.5, visibility: 0.9 });
});
