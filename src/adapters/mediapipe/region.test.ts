import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LANDMARK } from '../../pose.ts';
import type { DetectedPerson, Point } from './detector.ts';
import { regionOf, regionOfPose, toPixels, wholePicture } from './region.ts';

const PORTRAIT = { width: 200, height: 400 };

function person(hip: Point, scale: Point): DetectedPerson {
  return { left: 0, top: 0, right: 1, bottom: 1, hip, scale, score: 1 };
}

test('the detector sees the whole picture, centred in a square', () => {
  const whole = { centerX: 100, centerY: 200, size: 400, rotation: 0 };
  assert.deepEqual(wholePicture(PORTRAIT), whole);
});

test("points of the detector's square lose its bars on the way to pixels", () => {
  assert.deepEqual(toPixels({ x: 0.25, y: 0 }, PORTRAIT), { x: 0, y: 0 });
  assert.deepEqual(toPixels({ x: 0.75, y: 1 }, PORTRAIT), { x: 200, y: 400 });
  assert.deepEqual(toPixels({ x: 0.5, y: 0.5 }, { width: 400, height: 200 }), { x: 200, y: 100 });
});

test('an upright person gets an upright square around the hips', () => {
  const region = regionOf(person({ x: 0.5, y: 0.5 }, { x: 0.5, y: 0.25 }), PORTRAIT);
  assert.deepEqual(region, { centerX: 100, centerY: 200, size: 250, rotation: 0 });
});

test('a head to the right gives a square turned clockwise by a quarter', () => {
  const region = regionOf(person({ x: 0.5, y: 0.5 }, { x: 0.75, y: 0.5 }), PORTRAIT);
  assert.ok(Math.abs(region.rotation - Math.PI / 2) < 1e-12);
});

test('the square around a pose goes by its eyes and ankles', () => {
  const at = (x: number, y: number) => ({ x, y, z: 0, visibility: 1, presence: 1 });
  const pose = (eyes: Point, ankles: Point) =>
    Array.from({ length: 33 }, (_, i) => {
      if (i === LANDMARK.leftEye || i === LANDMARK.rightEye) return at(eyes.x, eyes.y);
      if (i === LANDMARK.leftAnkle || i === LANDMARK.rightAnkle) return at(ankles.x, ankles.y);
      return at(0, 0);
    });
  const upright = regionOfPose(pose({ x: 0.5, y: 0.25 }, { x: 0.5, y: 0.75 }), PORTRAIT);
  assert.deepEqual(upright, { centerX: 100, centerY: 200, size: 280, rotation: -0 });
  const lying = regionOfPose(pose({ x: 1, y: 0.5 }, { x: 0, y: 0.5 }), PORTRAIT);
  assert.deepEqual(lying, { centerX: 100, centerY: 200, size: 280, rotation: Math.PI / 2 });
});

test('angles stay between minus π and π', () => {
  const down = regionOf(person({ x: 0.5, y: 0.5 }, { x: 0.5, y: 0.75 }), PORTRAIT);
  assert.equal(down.rotation, -Math.PI);
  const left = regionOf(person({ x: 0.5, y: 0.5 }, { x: 0.25, y: 0.5 }), PORTRAIT);
  assert.ok(Math.abs(left.rotation + Math.PI / 2) < 1e-12);
});
