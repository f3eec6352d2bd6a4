import assert from 'node:assert/strict';
import { test } from 'node:test';
import { maskGridFor, maskProbabilities, projectMask } from './person-mask.ts';

const IMAGE = { width: 200, height: 100 };
const SURE = new Float32Array(256 * 256).fill(20);
const FULL = maskProbabilities(SURE);

test('logits become probabilities, the saturated ones too', () => {
  const framed = maskProbabilities(Float32Array.of(-300, -20, 0, 1, 20, 300));
  const expected = Float32Array.of(0, 0, 0, 0.5, 1 / (1 + Math.exp(-1)), 1, 1);
  assert.deepEqual(framed.slice(258, 258 + 7), expected);
});

test('the mask of the mirror image is turned back', () => {
  const left = SURE.map((logit, index) => (index % 256 < 10 ? logit : -logit));
  const framed = maskProbabilities(left, true);
  const row = framed.subarray(5 * 258, 6 * 258);
  assert.deepEqual([row[246], row[247], row[256], row[257]], [0, 1, 1, 0]);
});

test("the grid keeps the picture's proportions, at most a row per pixel", () => {
  assert.deepEqual(maskGridFor({ width: 3000, height: 4000 }, 400), { columns: 300, rows: 400 });
  assert.deepEqual(maskGridFor({ width: 30, height: 40 }, 400), { columns: 30, rows: 40 });
  assert.deepEqual(maskGridFor({ width: 1, height: 4000 }, 400), { columns: 1, rows: 400 });
});

test('the square lands where it was cut out, with an empty mask around it', () => {
  const region = { centerX: 100, centerY: 50, size: 40, rotation: 0 };
  const mask = projectMask(FULL, region, IMAGE, { columns: 200, rows: 100 });
  const at = (column: number, row: number) => mask.probability[row * mask.columns + column];
  assert.equal(at(100, 50), 255);
  assert.equal(at(81, 31), 255);
  assert.equal(at(118, 68), 255);
  assert.equal(at(79, 50), 0);
  assert.equal(at(121, 50), 0);
  assert.equal(at(100, 29), 0);
});

test('a turned square is turned back', () => {
  const lower = maskProbabilities(SURE.map((sure, at) => (at >= 128 * 256 ? sure : -sure)));
  const region = { centerX: 100, centerY: 50, size: 40, rotation: Math.PI / 2 };
  const mask = projectMask(lower, region, IMAGE, { columns: 200, rows: 100 });
  assert.equal(mask.probability[50 * 200 + 90], 255);
  assert.equal(mask.probability[50 * 200 + 110], 0);
});

test('a coarser grid samples the middle of its cells', () => {
  const left = maskProbabilities(SURE.map((sure, at) => (at % 256 < 128 ? sure : -sure)));
  const region = { centerX: 100, centerY: 50, size: 200, rotation: 0 };
  const mask = projectMask(left, region, IMAGE, { columns: 4, rows: 2 });
  assert.deepEqual([...mask.probability], [255, 255, 0, 0, 255, 255, 0, 0]);
});
