import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  acceptsSize,
  DEFAULT_IMAGE_MODEL,
  describeModel,
  lifeUntil,
  modelState,
} from './catalogue.ts';

const day = (text: string) => new Date(`${text}T12:00:00Z`);

test('a model is usable until 30 days before its end, then retiring, then retired', () => {
  const retiring = { shutdownDate: '2026-12-01', successor: DEFAULT_IMAGE_MODEL };
  assert.deepEqual(modelState('gpt-image-1.5', day('2026-10-31')), { state: 'usable' });
  assert.deepEqual(modelState('gpt-image-1.5', day('2026-11-01')), {
    state: 'retiring',
    ...retiring,
  });
  assert.equal(modelState('gpt-image-1.5', day('2026-11-30')).state, 'retiring');
  assert.deepEqual(modelState('gpt-image-1.5', day('2026-12-01')), {
    state: 'retired',
    ...retiring,
  });
});

test('the first model is retired, the default one is usable, a gateway’s own is unknown', () => {
  const today = day('2026-11-24');
  assert.equal(modelState('gpt-image-1', today).state, 'retired');
  assert.equal(modelState(DEFAULT_IMAGE_MODEL, today).state, 'usable');
  assert.equal(modelState('acme/dress-up', today).state, 'unknown');
});

test('a date that the vendor announces is judged like one of the catalogue', () => {
  assert.equal(lifeUntil('2027-03-01', day('2027-02-10')).state, 'retiring');
  assert.equal(lifeUntil('2027-03-01', day('2027-01-10')).state, 'usable');
});

test('a dated snapshot has the facts of its model', () => {
  assert.equal(describeModel('gpt-image-2-2026-04-21'), describeModel('gpt-image-2'));
  assert.equal(describeModel('gpt-image-9'), null);
});

test('early models make the standard sizes only, later ones any within their bounds', () => {
  assert.ok(acceptsSize('gpt-image-1.5', '1024x1536'));
  assert.ok(!acceptsSize('gpt-image-1.5', '1536x864'));
  assert.ok(acceptsSize('gpt-image-2', '1536x864'));
  assert.ok(acceptsSize('gpt-image-2', '2160x3840'));
  for (const size of ['1000x1000', '3856x2160', '1600x512', '2176x2176', 'auto']) {
    assert.ok(!acceptsSize('gpt-image-2', size), size);
  }
  assert.ok(acceptsSize('acme/dress-up', '1000x1000'));
});
