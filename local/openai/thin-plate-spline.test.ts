import assert from 'node:assert/strict';
import { test } from 'node:test';
import { distance } from './plane.ts';
import { thinPlateSpline } from './thin-plate-spline.ts';

const corners = [
  { x: 0, y: 0 },
  { x: 100, y: 0 },
  { x: 0, y: 100 },
  { x: 100, y: 100 },
];

test('every given point goes where it is told to', () => {
  const pairs = corners.map((from, index) => ({
    from,
    to: { x: from.x + index ** 2, y: -from.y },
  }));
  const map = thinPlateSpline(pairs);
  for (const { from, to } of pairs) assert.ok(distance(map(from), to) < 1e-6);
});

test('points that are all moved alike take everything else with them', () => {
  const map = thinPlateSpline(
    corners.map((from) => ({ from, to: { x: 2 * from.x + 7, y: 3 * from.y - 5 } })),
  );
  assert.ok(distance(map({ x: 31, y: 250 }), { x: 69, y: 745 }) < 1e-6);
});
