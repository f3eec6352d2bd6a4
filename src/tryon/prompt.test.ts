import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { nameImages, promptOf } from './prompt.ts';

describe('promptOf', () => {
  it('passes a prompt on as it is, except for white space around it', () => {
    assert.equal(
      promptOf('  Red coat,\n\tover the shoulders. \n'),
      'Red coat,\n\tover the shoulders.',
    );
    assert.equal(promptOf('Пальто 🧥 外套'), 'Пальто 🧥 外套');
  });

  it('drops control characters except line feeds and tabs', () => {
    assert.equal(promptOf('a\u0000b\u001b[31mc\r\nd\u007fe\u0085f'), 'ab[31mc\ndef');
  });

  it('counts the images when the prompt is blank', () => {
    for (const blank of ['', ' \n\t ', '\u0000\u0007']) {
      assert.match(promptOf(blank), /the first image.*the other images/s);
    }
  });

  it('cuts at 32,000 characters, but never through one', () => {
    assert.equal(promptOf('a'.repeat(40_000)).length, 32_000);
    const cut = promptOf(`${'a'.repeat(31_999)}🧥`);
    assert.equal(cut, 'a'.repeat(31_999));
  });

  it('makes well-formed text of halves of characters', () => {
    assert.ok(promptOf('a\ud800b').isWellFormed());
  });
});

describe('nameImages', () => {
  it('names the person first, then the garment and what follows', () => {
    const jpegs = [1, 2, 3].map((byte) => Uint8Array.of(byte));
    const images = nameImages(jpegs);
    assert.deepEqual(
      images.map(({ name }) => name),
      ['model.jpg', 'image_1.jpg', 'image_2.jpg'],
    );
    assert.deepEqual(
      images.map(({ jpeg }) => jpeg),
      jpegs,
    );
  });
});
