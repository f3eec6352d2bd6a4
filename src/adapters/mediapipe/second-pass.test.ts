import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DETECTOR_SIZE } from './detector.ts';
import { paintOutPerson } from './second-pass.ts';

const SQUARE = { width: DETECTOR_SIZE, height: DETECTOR_SIZE };

/** A mask of the whole picture in one row, person from one column to before another. */
function maskOf(from: number, to: number, columns = DETECTOR_SIZE) {
  const probability = new Uint8Array(columns).fill(255, from, to);
  return { columns, rows: 1, probability } as const;
}

/** Black on the left half, white on the right, with something red from `from` to before `to`. */
function picture(from: number, to: number): Uint8Array {
  const rgb = new Uint8Array(DETECTOR_SIZE * DETECTOR_SIZE * 3);
  for (let pixel = 0; pixel < DETECTOR_SIZE * DETECTOR_SIZE; pixel += 1) {
    const x = pixel % DETECTOR_SIZE;
    const isRed = x >= from && x < to;
    rgb.set(isRed ? [255, 0, 0] : x < DETECTOR_SIZE / 2 ? [0, 0, 0] : [255, 255, 255], 3 * pixel);
  }
  return rgb;
}

function pixelAt(rgb: Uint8Array, x: number, y = 100): number[] {
  const at = 3 * (y * DETECTOR_SIZE + x);
  return [...rgb.subarray(at, at + 3)];
}

test('a masked person is interpolated from left to right', () => {
  const painted = paintOutPerson(picture(90, 134), SQUARE, maskOf(90, 134));
  assert.deepEqual(pixelAt(painted, 86), [0, 0, 0]);
  const [middle = 0] = pixelAt(painted, 112);
  assert.ok(Math.abs(middle - 128) <= 6, `${middle}`);
  assert.deepEqual(pixelAt(painted, 137), [255, 255, 255]);
  for (let x = 0; x < DETECTOR_SIZE; x += 1) {
    const [red, green] = pixelAt(painted, x);
    assert.equal(red, green, `red is left at ${x}`);
  }
});

test('a masked person at the edge takes the colour of the one neighbour', () => {
  const painted = paintOutPerson(picture(0, 30), SQUARE, maskOf(0, 30));
  assert.deepEqual(pixelAt(painted, 0), [0, 0, 0]);
  assert.deepEqual(pixelAt(painted, 25), [0, 0, 0]);
});

test('the bars next to an upright picture are never masked', () => {
  const upright = { width: DETECTOR_SIZE / 2, height: DETECTOR_SIZE };
  const whole = picture(0, 0);
  const painted = paintOutPerson(whole, upright, maskOf(0, 8, 8));
  assert.deepEqual(pixelAt(painted, 40), pixelAt(whole, 40));
  assert.deepEqual(pixelAt(painted, 200), pixelAt(whole, 200));
});
