import assert from 'node:assert/strict';
import { it } from 'node:test';
import { failureText, readFailureText } from './failure-text.ts';

it('a text holds its reason and the state of the payment', () => {
  for (const payment of ['pending', 'returned', 'by_hand', 'none'] as const) {
    const read = readFailureText(failureText('Any reason.', payment));
    assert.deepEqual(read, { publicText: 'Any reason.', payment });
  }
});

it('every text of the former release is known', () => {
  const former = [
    'The picture could not be made. Your credit has been returned; please try again.',
    'The picture took too long to make. Your credit has been returned; please try again.',
    'The request could not be processed. Your credit has been returned.',
    'The images were flagged by a safety filter. Please use other images that follow the content guidelines.',
    'One of the images could not be used. Please upload it again as JPEG, PNG or WebP.',
    'One of the images could not be opened. Its link may have expired; please upload it again.',
    'One of the images could not be opened. Please upload it again.',
    'One of the image links is not allowed. Please upload the image and try again.',
    'One of the images is too large. Please use an image of at most 10 MB and 50 megapixels.',
    'One of the images is in an unsupported format. Please use JPEG, PNG or WebP.',
    'One of the images is damaged and could not be read. Please upload it again.',
    'There are too many images in this request. Please use fewer images.',
  ];
  for (const text of former) {
    assert.deepEqual(readFailureText(text), { publicText: text, payment: 'pending' });
  }
});

it("the platform's texts are not a worker's", () => {
  assert.equal(readFailureText('Failed to queue generation task'), null);
  assert.equal(readFailureText('Generation timed out'), null);
  assert.equal(readFailureText('Store uninstalled'), null);
});
