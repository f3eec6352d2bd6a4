import assert from 'node:assert/strict';
import { test } from 'node:test';
import { densify, halvesToFloats, permute } from './constants.ts';

test('half precision becomes single precision exactly', () => {
  const halves = Uint16Array.of(0x3c00, 0xc000, 0x3555, 0x0001, 0x7bff, 0x8000, 0x7c00);
  const expected = [1, -2, 0.333251953125, 2 ** -24, 65504, -0, Infinity];
  assert.deepEqual([...halvesToFloats(halves)], expected);
});

test('a sparse tensor gets its zeros back', () => {
  const dense = densify(
    Float32Array.of(5, 6, 7),
    [3, 4],
    [0, 1],
    [
      { size: 3, segments: null, indices: null },
      { size: 0, segments: [0, 1, 1, 3], indices: [2, 0, 3] },
    ],
  );
  assert.deepEqual([...dense], [0, 0, 5, 0, 0, 0, 0, 0, 6, 0, 0, 7]);
});

test('a sparse tensor may be stored with its axes in another order', () => {
  const dense = densify(
    Float32Array.of(1, 2),
    [2, 3],
    [1, 0],
    [
      { size: 3, segments: null, indices: null },
      { size: 0, segments: [0, 0, 1, 2], indices: [1, 0] },
    ],
  );
  assert.deepEqual([...dense], [0, 0, 2, 0, 1, 0]);
});

test('a permutation moves values with their axes', () => {
  const { values, shape } = permute(Float32Array.of(1, 2, 3, 4, 5, 6), [1, 2, 3], [2, 0, 1]);
  assert.deepEqual(shape, [3, 1, 2]);
  assert.deepEqual([...values], [1, 4, 2, 5, 3, 6]);
});
