import assert from 'node:assert/strict';
import { it } from 'node:test';
import { failureText, readFailureText } from './failure-text.ts';

it('a text holds its reason and the state of the payment', () => {
  for (const payment of ['pending', 'returned', 'by_hand', 'none'] as const) {
    const read = readFailureText(failureText('Any reason.', payment));
    assert.deepEqual(read, { publicText: 'Any reason.', payment });
  }
});

it('rows of every release are read: these sentences never change', () => {
  const written = {
    pending: 'Any reason. What it cost will be returned.',
    returned: 'Any reason. Your credit has been returned.',
    by_hand: 'Any reason. What it cost is being looked into.',
    none: 'Any reason. No credit is due.',
  };
  for (const [payment, text] of Object.entries(written)) {
    assert.deepEqual(readFailureText(text), { publicText: 'Any reason.', payment });
  }
});

it('a text of the catalogue alone is what former releases wrote', () => {
  const text = 'The request could not be processed. Your credit has been returned.';
  assert.deepEqual(readFailureText(text), { publicText: text, payment: 'pending' });
});

it("the platform's texts are not a worker's", () => {
  assert.equal(readFailureText('Failed to queue generation task'), null);
  assert.equal(readFailureText('Generation timed out'), null);
  assert.equal(readFailureText('Store uninstalled'), null);
});
