/** Secrets leave log texts, however long the text is. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { describeError, redact } from './redaction.ts';

it('links, tokens, keys and addresses are replaced', () => {
  const text = 'a https://x.test/p?token=1 b eyJhbGci.abc c sk-abcdef123 d jo.doe@shop.example e';
  assert.equal(redact(text), 'a [url] b [token] c [key] d [email] e');
});

it('text made to be slow is searched in bounded time', () => {
  const made = ['a', 'a.', 'a@a-', 'eyJ', 'a:', '\u0000'].map((unit) => unit.repeat(500_000));
  const startedAt = process.cpuUsage();
  const clean = made.map(redact);
  const { user } = process.cpuUsage(startedAt);
  assert.ok(clean.every(({ length }) => length <= 500));
  // Over a minute for a tenth of this text when all of it is searched.
  assert.ok(user < 5_000_000, `${user} µs`);
});

it('an address that the cut goes through loses its name too', () => {
  for (let before = 1500; before < 2000; before += 1) {
    const links = `https://x.test/${'p'.repeat(before)} `;
    const clean = redact(`${links}jo.doe+tag@shop.example and more ${'.'.repeat(3000)}`);
    assert.doesNotMatch(clean, /jo\.|doe/);
  }
});

it('a stack has no line of the message, even one that looks like a frame', () => {
  const error = new Error('first\n    at https://x.test/?token=secret');
  assert.doesNotMatch(JSON.stringify(describeError(error)), /secret/);
  assert.match(describeError(error).stack ?? '', /redaction\.test/);
});

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

it('an error is described with four causes, without an empty code', () => {
  let error = new Error('cause 6');
  for (let n = 5; n >= 0; n -= 1) error = new Error(`cause ${n}`, { cause: error });
  const text = JSON.stringify(describeError(error));
  assert.deepEqual(
    text.match(/cause \d/g),
    [0, 1, 2, 3, 4].map((n) => `cause ${n}`),
  );
  assert.equal(describeError(Object.assign(error, { code: null })).code, undefined);
});

it('a thrown value without a message is described by itself', () => {
  assert.deepEqual(describeError('odd'), { name: 'string', message: 'odd' });
  assert.deepEqual(describeError(null), { name: 'object', message: 'null' });
});
