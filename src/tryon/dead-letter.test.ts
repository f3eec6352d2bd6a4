/** A dead letter is bounded, and whole where the message has the size of a task. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { deadLetter, isCut } from './dead-letter.ts';

const lettersOf = (text: string | Uint8Array) => deadLetter(Buffer.from(text), 'bad', null);

it('a message of a task’s size is kept as it is', () => {
  const message = JSON.stringify({ prompt: 'Пальто 🧥'.repeat(1000) });
  const letter = lettersOf(message);
  assert.equal(letter.raw, message);
  assert.equal(isCut(letter), false);
});

it('a longer one is cut, and says how long it was', () => {
  const letter = lettersOf(`x${'🧥'.repeat(300_000)}`);
  assert.match(letter.raw, /^x🧥+$/u);
  assert.ok(Buffer.byteLength(letter.raw) <= 32_768);
  assert.equal(letter.sizeBytes, 1_200_001);
  assert.equal(isCut(letter), true);
  assert.deepEqual(
    [32_768, 32_769].map((length) => isCut(lettersOf('x'.repeat(length)))),
    [false, true],
  );
});

it('binary data is kept as base64, and escapes lengthen no letter', () => {
  assert.equal(lettersOf(Uint8Array.of(0x7b, 0xff)).raw, 'e/8=');
  for (const unit of ['\u0000', '"', '\ufffd', '\\u0000']) {
    assert.ok(JSON.stringify(lettersOf(unit.repeat(1_000_000))).length < 66_000);
  }
  // As JSON 65,536 bytes, the most, and one more.
  const escaped = '\u0001'.repeat(6554);
  assert.equal(lettersOf(escaped + 'x'.repeat(26_210)).raw.at(-1), 'x');
  assert.match(lettersOf(escaped + 'x'.repeat(26_211)).raw, /^AQEB/);
});
