import assert from 'node:assert/strict';
import { it } from 'node:test';
import { describeError } from './redaction.ts';

it("PostgREST's plain error is described by code, message and hint", () => {
  const cause = {
    code: '42703',
    details: 'Key (shopper_email)=(fay@example.com)',
    hint: 'Perhaps you meant https://example.com/x?token=1',
    message: 'column "x" of fay@example.com does not exist',
  };
  assert.deepEqual(describeError(new Error('STORAGE_UNAVAILABLE', { cause })).cause, {
    name: 'object',
    code: '42703',
    message: 'column "x" of [email] does not exist (Perhaps you meant [url])',
  });
});

it('a thrown value without a message is described by itself', () => {
  assert.deepEqual(describeError('odd'), { name: 'string', message: 'odd' });
  assert.deepEqual(describeError(null), { name: 'object', message: 'null' });
});
