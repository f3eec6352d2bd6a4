import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { roundHalfEven } from './rounding.ts';

describe('rounding', () => {
  it('takes exact ties to the even digit', () => {
    assert.equal(roundHalfEven(84.25, 1), 84.2);
    assert.equal(roundHalfEven(96.75, 1), 96.8);
    assert.equal(roundHalfEven(0.5, 0), 0);
    assert.equal(roundHalfEven(1.5, 0), 2);
    assert.equal(roundHalfEven(0.0625, 3), 0.062);
    assert.equal(roundHalfEven(0.1875, 3), 0.188);
    assert.equal(roundHalfEven(-84.25, 1), -84.2);
  });

  it('rounds the exact value and not its shortest decimal form', () => {
    // 2.675 is stored as 2.67499..., 1.0005 as 1.000499..., 0.15 as 0.1499...
    assert.equal(roundHalfEven(2.675, 2), 2.67);
    assert.equal(roundHalfEven(1.0005, 3), 1);
    assert.equal(roundHalfEven(0.15, 1), 0.1);
    assert.equal(roundHalfEven(0.35, 1), 0.3);
    assert.equal(roundHalfEven(0.25000000000000006, 1), 0.3);
  });
});
