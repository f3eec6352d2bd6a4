import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { failureOfPublicText, ofImage, publicText, TaskError } from './errors.ts';

const TOO_SMALL = new TaskError('INVALID_IMAGE', { detail: 'too_small' });

describe('ofImage', () => {
  it('names the image in the text that the shopper reads', () => {
    const start = (at: number, count: number) =>
      ofImage(TOO_SMALL, at, count).publicText.split(' is ')[0];
    assert.equal(start(0, 2), 'The photo of the person');
    assert.equal(start(1, 2), 'The picture of the garment');
    assert.equal(start(2, 3), 'The picture of garment 2');
    assert.equal(TOO_SMALL.publicText.split(' is ')[0], 'One of the images');
  });

  it('keeps code, cause and wait of the error', () => {
    const cause = new Error('from below');
    const error = new TaskError('IMAGE_UNAVAILABLE', { cause, retryAfterMs: 7 });
    const named = ofImage(error, 0, 1);
    assert.deepEqual([named.code, named.cause, named.retryAfterMs], [error.code, cause, 7]);
    assert.equal(
      named.publicText,
      'The photo of the person could not be opened. Please upload it again.',
    );
  });
});

describe('failureOfPublicText', () => {
  it('recognises the text of every image', () => {
    for (let at = 0; at < 16; at += 1) {
      const { code, detail, publicText: text } = ofImage(TOO_SMALL, at, 16);
      assert.deepEqual(failureOfPublicText(text), { code, detail });
    }
  });

  it('recognises the text of every code without a detail', () => {
    assert.deepEqual(failureOfPublicText(publicText('DEADLINE_EXCEEDED', null)), {
      code: 'DEADLINE_EXCEEDED',
      detail: null,
    });
  });

  it('recognises the texts of earlier releases', () => {
    const former = 'One of the image links is not allowed. Please upload the image and try again.';
    assert.deepEqual(failureOfPublicText(former), { code: 'INVALID_IMAGE', detail: 'refused' });
    const unchanged = 'One of the images is damaged and could not be read. Please upload it again.';
    assert.deepEqual(failureOfPublicText(unchanged), {
      code: 'INVALID_IMAGE',
      detail: 'unreadable',
    });
  });

  it('recognises no other text', () => {
    assert.equal(failureOfPublicText('The photo of the cat is too large.'), null);
    assert.equal(failureOfPublicText(''), null);
  });
});
