import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  anchorCentre,
  type DetectedPerson,
  decodeDetections,
  mergeOverlapping,
  WHOLE_SQUARE,
} from './detector.ts';

const BOXES = 2254;

function person(left: number, right: number, score: number): DetectedPerson {
  const hip = { x: left, y: 0.5 };
  return { left, right, top: 0, bottom: 1, hip, scale: { x: right, y: 0 }, score };
}

test('anchors sit in the middle of their cells, from the finest grid on', () => {
  const at = (index: number) => anchorCentre(index, WHOLE_SQUARE);
  assert.deepEqual(at(0), { x: 4, y: 4 });
  assert.deepEqual(at(1), { x: 4, y: 4 });
  assert.deepEqual(at(2), { x: 12, y: 4 });
  assert.deepEqual(at(2 * 28), { x: 4, y: 12 });
  assert.deepEqual(at(1568), { x: 8, y: 8 });
  assert.deepEqual(at(1568 + 392 + 5), { x: 16, y: 16 });
  assert.deepEqual(at(BOXES - 1), { x: 208, y: 208 });
  assert.throws(() => at(BOXES), RangeError);
});

test('a view that is no square has rows of its own length', () => {
  const view = { width: 64, height: 96 };
  assert.deepEqual(anchorCentre(2 * 8, view), { x: 4, y: 12 });
  assert.deepEqual(anchorCentre(2 * 96 + 2 * 24 + 35, view), { x: 48, y: 80 });
});

test("a view's boxes are placed in the square that it is a part of", () => {
  const view = { side: 160, left: 32, top: 0, width: 96, height: 160 };
  const logits = new Float32Array(630).fill(-9).fill(1, 0, 1);
  const [found] = decodeDetections(new Float32Array(630 * 12), logits, view);
  assert.deepEqual(found?.hip, { x: 36 / 160, y: 4 / 160 });
});

test('a box is decoded relative to its anchor, in 224ths', () => {
  const boxes = new Float32Array(BOXES * 12);
  const logits = new Float32Array(BOXES).fill(-1000);
  logits[1568] = 0.5;
  boxes.set([22.4, 0, 44.8, 112, 0, 0, -22.4, 2.24], 1568 * 12);
  const [found, ...others] = decodeDetections(boxes, logits);
  assert.equal(others.length, 0);
  const centre = 0.5 / 14;
  const expected = {
    left: centre,
    right: centre + 0.2,
    top: centre - 0.25,
    bottom: centre + 0.25,
    score: 1 / (1 + Math.exp(-0.5)),
  };
  for (const [name, value] of Object.entries(expected)) {
    const actual = found?.[name as keyof typeof expected] ?? Number.NaN;
    assert.ok(Math.abs(actual - value) < 1e-6, name);
  }
  assert.deepEqual(found?.hip, { x: centre, y: centre });
  assert.ok(Math.abs((found?.scale.x ?? 0) - (centre - 0.1)) < 1e-6);
});

test('a score of exactly one half is not enough, and the best comes first', () => {
  const logits = new Float32Array(BOXES).fill(-1);
  logits.set([0, 1, 3, 2]);
  const scores = decodeDetections(new Float32Array(BOXES * 12), logits).map(({ score }) => score);
  assert.deepEqual(
    scores,
    [3, 2, 1].map((logit) => 1 / (1 + Math.exp(-logit))),
  );
});

test('overlapping boxes merge to a weighted average with the best score', () => {
  const [merged, ...others] = mergeOverlapping([person(0, 0.4, 0.9), person(0.1, 0.5, 0.6)]);
  assert.equal(others.length, 0);
  assert.equal(merged?.score, 0.9);
  assert.ok(Math.abs((merged?.left ?? 0) - 0.06 / 1.5) < 1e-12);
  assert.ok(Math.abs((merged?.right ?? 0) - (0.36 + 0.3) / 1.5) < 1e-12);
  assert.ok(Math.abs((merged?.hip.x ?? 0) - 0.04) < 1e-12);
});

test('boxes that overlap by less than three tenths stay two people', () => {
  const people = [person(0, 0.4, 0.9), person(0.25, 0.65, 0.8)];
  assert.deepEqual(
    mergeOverlapping(people).map(({ score }) => score),
    [0.9, 0.8],
  );
});

test('a box that overlaps a merged one but not its best stays on its own', () => {
  const people = [person(0, 0.4, 0.9), person(0.15, 0.55, 0.8), person(0.3, 0.7, 0.7)];
  assert.deepEqual(
    mergeOverlapping(people).map(({ score }) => score),
    [0.9, 0.7],
  );
});

test('an empty list of people stays empty', () => {
  assert.deepEqual(mergeOverlapping([]), []);
});
