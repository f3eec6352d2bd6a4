import assert from 'node:assert/strict';
import { test } from 'node:test';
import { costUsd, readUsage } from './cost.ts';

const MODEL = 'gpt-image-2.6-sunburst';
const usage = {
  input_tokens: 1_000,
  output_tokens: 1_584,
  input_tokens_details: { text_tokens: 200, image_tokens: 800 },
  output_tokens_details: { text_tokens: 0, image_tokens: 1_584 },
};

test('text and image tokens have their own prices', () => {
  assert.equal(costUsd(MODEL, usage), (200 * 5 + 800 * 8 + 1_584 * 30) / 1e6);
});

test('the original’s prices hold for its model', () => {
  const split = { ...usage, output_tokens_details: { text_tokens: 84, image_tokens: 1_500 } };
  const expected = (200 * 5 + 800 * 8 + 84 * 10 + 1_500 * 32) / 1e6;
  assert.equal(costUsd('gpt-image-1.5', split), expected);
});

test('output tokens without details are priced as image tokens', () => {
  for (const output_tokens_details of [undefined, null, {}, { text_tokens: null }]) {
    assert.equal(costUsd(MODEL, { ...usage, output_tokens_details }), costUsd(MODEL, usage));
  }
});

test('input tokens without details are priced as image tokens', () => {
  const cost = costUsd(MODEL, { ...usage, input_tokens_details: null });
  assert.equal(cost, (1_000 * 8 + 1_584 * 30) / 1e6);
});

test('cached input is cheaper where the model has a price for it', () => {
  const cached_tokens_details = { text_tokens: 200, image_tokens: 300 };
  const cached = {
    ...usage,
    input_tokens_details: { ...usage.input_tokens_details, cached_tokens_details },
  };
  const expected = (200 * 1.25 + 300 * 2 + 500 * 8 + 1_584 * 30) / 1e6;
  assert.equal(costUsd(MODEL, cached), expected);
  assert.equal(costUsd('gpt-image-2', cached), costUsd('gpt-image-2', usage));
});

test('a cost has the six decimals of its column', () => {
  const odd = { input_tokens: 1, output_tokens: 0, input_tokens_details: { text_tokens: 1 } };
  assert.equal(costUsd(MODEL, odd), 0.000005);
  const third = {
    ...odd,
    input_tokens_details: { text_tokens: 1, cached_tokens_details: { text_tokens: 1 } },
  };
  assert.equal(costUsd(MODEL, third), 0.000001);
});

test('no usage, half a usage, an unknown model or an unknown price: no cost', () => {
  for (const missing of [
    undefined,
    null,
    'none',
    {},
    { input_tokens: 5 },
    { ...usage, output_tokens: -1 },
  ]) {
    assert.equal(costUsd(MODEL, missing), null);
    assert.equal(readUsage(missing), null);
  }
  assert.equal(costUsd('acme/dress-up', usage), null);
  assert.equal(costUsd('gpt-image-1-mini', usage), null);
});
