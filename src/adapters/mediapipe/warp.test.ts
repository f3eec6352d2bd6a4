import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RgbImage } from './decode-image.ts';
import { warpSquare } from './warp.ts';

/** A grey picture from its rows. */
function picture(...rows: readonly number[][]): RgbImage {
  const data = Uint8Array.from(rows.flat().flatMap((value) => [value, value, value]));
  return { width: rows[0]?.length ?? 0, height: rows.length, data };
}

/** The red values, row by row. */
function reds(rgb: Uint8Array): number[] {
  return [...rgb].filter((_, index) => index % 3 === 0);
}

const FOUR = picture([10, 20], [30, 40]);

test('a square of the output size copies the pixels as they are', () => {
  const square = { centerX: 1, centerY: 1, size: 2, rotation: 0 };
  assert.deepEqual(reds(warpSquare(FOUR, square, { size: 2, border: 'black' })), [10, 20, 30, 40]);
});

test('the three channels keep their own values', () => {
  const image = { width: 1, height: 1, data: Uint8Array.of(1, 2, 3) };
  const square = { centerX: 0.5, centerY: 0.5, size: 1, rotation: 0 };
  assert.deepEqual([...warpSquare(image, square, { size: 1, border: 'replicate' })], [1, 2, 3]);
});

test('sampling starts at the corner of a pixel, not at its middle', () => {
  const square = { centerX: 1, centerY: 0.5, size: 2, rotation: 0 };
  const output = warpSquare(picture([0, 100, 200]), square, { size: 4, border: 'replicate' });
  assert.deepEqual(reds(output).slice(0, 4), [0, 50, 100, 150]);
});

test('positions are rounded to a thirty-second of a pixel', () => {
  const image = picture([0, 255]);
  const at = (x: number) => ({ centerX: x + 0.5, centerY: 0.5, size: 1, rotation: 0 });
  const value = (x: number) => reds(warpSquare(image, at(x), { size: 1, border: 'replicate' }))[0];
  assert.equal(value(1 / 32), 8);
  assert.equal(value(1.4 / 32), 8);
  assert.equal(value(1.6 / 32), 16);
});

test('outside the picture it is black, and its edge fades', () => {
  const square = { centerX: 0.5, centerY: 1, size: 2, rotation: 0 };
  assert.deepEqual(reds(warpSquare(FOUR, square, { size: 2, border: 'black' })), [5, 15, 15, 35]);
  const far = { centerX: 50, centerY: 50, size: 2, rotation: 0 };
  assert.deepEqual(reds(warpSquare(FOUR, far, { size: 2, border: 'black' })), [0, 0, 0, 0]);
});

test('outside the picture its edge goes on where the border is replicated', () => {
  const square = { centerX: 1, centerY: 1, size: 6, rotation: 0 };
  const output = reds(warpSquare(FOUR, square, { size: 6, border: 'replicate' }));
  assert.deepEqual(output.slice(0, 6), [10, 10, 10, 20, 20, 20]);
  assert.deepEqual(output.slice(30), [30, 30, 30, 40, 40, 40]);
});

test('the rows of a square turned clockwise run down the picture', () => {
  const square = { centerX: 1, centerY: 1, size: 2, rotation: Math.PI / 2 };
  const output = warpSquare(picture([10, 20, 30], [40, 50, 60]), square, {
    size: 2,
    border: 'replicate',
  });
  assert.deepEqual(reds(output), [30, 60, 20, 50]);
});

test('a mirror image has its rows in reverse, its channels as they were', () => {
  const image = { width: 2, height: 2, data: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12) };
  const square = { centerX: 1, centerY: 1, size: 2, rotation: 0 };
  const output = { size: 2, border: 'black', isMirrored: true } as const;
  assert.deepEqual([...warpSquare(image, square, output)].slice(0, 6), [4, 5, 6, 1, 2, 3]);
});
