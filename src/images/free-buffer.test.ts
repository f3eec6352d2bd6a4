import assert from 'node:assert/strict';
import { test } from 'node:test';
import { freeBuffer } from './free-buffer.ts';

test('a freed array holds nothing any more', () => {
  const array = new Float32Array(1000);
  freeBuffer(array);
  assert.equal(array.byteLength, 0);
});

test('an array that shares its memory with others is left alone', () => {
  const whole = Uint8Array.of(1, 2, 3);
  freeBuffer(whole.subarray(1));
  assert.deepEqual([...whole], [1, 2, 3]);
});
