import assert from 'node:assert/strict';
import { test } from 'node:test';
import { meanLuma } from './brightness.ts';

function pixels(count: number, ...rgb: readonly number[]): Uint8Array {
  return Uint8Array.from({ length: 3 * count }, (_, index) => rgb[index % 3] ?? 0);
}

test('white is 1, black is 0, and green counts more than blue', () => {
  assert.equal(
    meanLuma(pixels(8, 255, 255, 255), () => true),
    1,
  );
  assert.equal(
    meanLuma(pixels(8, 0, 0, 0), () => true),
    0,
  );
  assert.ok(Math.abs(meanLuma(pixels(8, 0, 255, 0), () => true) - 0.587) < 1e-9);
  assert.ok(Math.abs(meanLuma(pixels(8, 0, 0, 255), () => true) - 0.114) < 1e-9);
});

test('only the pixels that are picked count', () => {
  const halves = new Uint8Array([...pixels(8, 255, 255, 255), ...pixels(8, 0, 0, 0)]);
  assert.equal(
    meanLuma(halves, (pixel) => pixel < 8),
    1,
  );
  assert.equal(
    meanLuma(halves, () => false),
    0,
  );
});
