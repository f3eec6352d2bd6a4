import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { flopLandmarks, flopRows, flopWorld } from './mirror.ts';

const point = (x: number) => ({ x, y: 0.3, z: 0, visibility: 1, presence: 1 });

describe('a mirror image', () => {
  it('reverses the pixels of each row, not their channels', () => {
    const square = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
    assert.deepEqual([...flopRows(square, 2, 2)], [3, 4, 1, 2, 7, 8, 5, 6]);
  });

  it('is the original when it is applied twice', () => {
    const landmarks = Array.from({ length: 33 }, (_, i) => point(i / 64));
    assert.deepEqual(flopLandmarks(flopLandmarks(landmarks)), landmarks);
    const world = Float32Array.from({ length: 99 }, (_, i) => i);
    assert.deepEqual(flopWorld(flopWorld(world)), world);
  });

  it('exchanges left and right', () => {
    const landmarks = Array.from({ length: 33 }, (_, i) => point(i / 64));
    assert.equal(flopLandmarks(landmarks)[11]?.x, 1 - 12 / 64);
    assert.equal(flopLandmarks(landmarks)[0]?.x, 1);
  });
});
