import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fitsPicture, paintOutPerson, secondPassSide } from './second-pass.ts';

/** Of the square of an upright picture. */
const SIDE = 160;

/** A mask of the whole picture in one row, person from one column to before another. */
function maskOf(from: number, to: number, columns = SIDE) {
  const probability = new Uint8Array(columns).fill(255, from, to);
  return { columns, rows: 1, probability } as const;
}

/** Black on the left half, white on the right, with something red from `from` to before `to`. */
function picture(from: number, to: number, width = SIDE) {
  const data = new Uint8Array(width * SIDE * 3);
  for (let pixel = 0; pixel < width * SIDE; pixel += 1) {
    const x = pixel % width;
    const isRed = x >= from && x < to;
    data.set(isRed ? [255, 0, 0] : x < width / 2 ? [0, 0, 0] : [255, 255, 255], 3 * pixel);
  }
  return { width, height: SIDE, data };
}

function pixelAt(rgb: Uint8Array, x: number, width = SIDE): number[] {
  const at = 3 * (80 * width + x);
  return [...rgb.subarray(at, at + 3)];
}

test('a masked person is interpolated from left to right', () => {
  const { pixels } = paintOutPerson(picture(60, 100), maskOf(60, 100));
  assert.deepEqual(pixelAt(pixels, 57), [0, 0, 0]);
  const [middle = 0] = pixelAt(pixels, 80);
  assert.ok(Math.abs(middle - 128) <= 6, `${middle}`);
  assert.deepEqual(pixelAt(pixels, 102), [255, 255, 255]);
  for (let x = 0; x < SIDE; x += 1) {
    const [red, green] = pixelAt(pixels, x);
    assert.equal(red, green, `red is left at ${x}`);
  }
});

test('a masked person at the edge takes the colour of the one neighbour', () => {
  const { pixels } = paintOutPerson(picture(0, 30), maskOf(0, 30));
  assert.deepEqual(pixelAt(pixels, 0), [0, 0, 0]);
  assert.deepEqual(pixelAt(pixels, 25), [0, 0, 0]);
});

test('the view of an upright picture has few of the bars next to it', () => {
  const upright = picture(0, 0, 80);
  const { pixels, view } = paintOutPerson(upright, maskOf(0, 0, 8));
  assert.deepEqual(view, { side: SIDE, left: 32, top: 0, width: 96, height: SIDE });
  assert.equal(pixels.length, 3 * 96 * SIDE);
  assert.deepEqual(pixelAt(pixels, 7, 96), [0, 0, 0]);
  assert.deepEqual(pixelAt(pixels, 60, 96), [255, 255, 255]);
  assert.deepEqual(pixelAt(pixels, 88, 96), [0, 0, 0]);
});

test('people in a broad picture are seen as tall as in an upright one', () => {
  assert.equal(secondPassSide({ width: 720, height: 960 }), SIDE);
  const broad = { width: 960, height: 540 };
  const { view, pixels } = paintOutPerson(
    { ...broad, data: new Uint8Array(3 * 960 * 540) },
    maskOf(0, 0),
  );
  assert.deepEqual(view, { side: 224, left: 0, top: 48, width: 224, height: 128 });
  assert.equal(pixels.length, 3 * 224 * 128);
});

test('the bars next to an upright picture are never masked', () => {
  const { pixels } = paintOutPerson(picture(0, 80, 80), maskOf(0, 8, 8));
  assert.deepEqual(pixelAt(pixels, 3, 96), [0, 0, 0]);
});

test('someone far larger than the picture does not fit it', () => {
  const someone = (toScale: number) => ({
    ...{ left: 0, top: 0, right: 1, bottom: 1, score: 0.4 },
    hip: { x: 0.5, y: 0.5 },
    scale: { x: 0.5, y: 0.5 - toScale },
  });
  const image = { width: 540, height: 720 };
  assert.equal(fitsPicture(someone(0.55), image), true);
  assert.equal(fitsPicture(someone(0.65), image), false);
});
