import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  acceptsSize,
  DEFAULT_IMAGE_MODEL,
  describeModel,
  matchingSize,
  modelInUse,
  modelState,
} from './catalogue.ts';

const day = (text: string) => new Date(`${text}T12:00:00Z`);

test('a model is retiring for 90 days before its end, then retired', () => {
  const life = { shutdownDate: '2026-12-01', successor: DEFAULT_IMAGE_MODEL };
  assert.deepEqual(modelState('gpt-image-1.5', day('2026-09-01')), { state: 'usable' });
  assert.deepEqual(modelState('gpt-image-1.5', day('2026-09-02')), { state: 'retiring', ...life });
  assert.equal(modelState('gpt-image-1.5', day('2026-11-30')).state, 'retiring');
  assert.deepEqual(modelState('gpt-image-1.5', day('2026-12-01')), { state: 'retired', ...life });
});

test('the default model is usable, a gateway’s own is unknown', () => {
  const today = day('2026-11-24');
  assert.equal(modelState(DEFAULT_IMAGE_MODEL, today).state, 'usable');
  assert.equal(modelState('acme/dress-up', today).state, 'unknown');
});

test('a date that the vendor announces goes before the catalogue’s', () => {
  const at = (today: string) => modelState('gpt-image-2', day(today), '2027-03-01').state;
  assert.equal(at('2026-11-10'), 'usable');
  assert.equal(at('2027-02-10'), 'retiring');
  assert.equal(at('2027-03-01'), 'retired');
});

test('calls go to the successor of a retired model, unless that is off', () => {
  const today = day('2026-12-02');
  assert.equal(modelInUse('gpt-image-1.5', true, today), DEFAULT_IMAGE_MODEL);
  assert.equal(modelInUse('gpt-image-1.5', false, today), 'gpt-image-1.5');
  assert.equal(modelInUse('gpt-image-1.5', true, day('2026-11-30')), 'gpt-image-1.5');
  assert.equal(modelInUse('acme/dress-up', true, today), 'acme/dress-up');
});

test('every successor is a model of the catalogue that has none itself', () => {
  for (const name of ['gpt-image-1', 'gpt-image-1.5', 'gpt-image-2', 'gpt-image-2.5-flare']) {
    const successor = describeModel(name)?.successor ?? assert.fail(name);
    assert.equal(describeModel(successor)?.successor, null);
  }
});

test('a dated snapshot has the facts of its model', () => {
  assert.equal(describeModel('gpt-image-2-2026-04-21'), describeModel('gpt-image-2'));
  assert.equal(describeModel('gpt-image-9'), null);
});

test('early models make standard sizes only, later ones any within bounds', () => {
  assert.ok(acceptsSize('gpt-image-1.5', '1024x1536'));
  assert.ok(!acceptsSize('gpt-image-1.5', '1536x864'));
  assert.ok(acceptsSize('gpt-image-2', '1536x864'));
  assert.ok(acceptsSize('gpt-image-2', '2160x3840'));
  assert.ok(acceptsSize('gpt-image-2', '2176x2176'));
  for (const size of ['1000x1000', '3856x2160', '1600x512', '512x768', '3840x3840', 'auto']) {
    assert.ok(!acceptsSize('gpt-image-2', size), size);
  }
  assert.ok(acceptsSize('acme/dress-up', '1000x1000'));
});

test('a matched size has the photo’s shape, as far as the model makes it', () => {
  const at = (model: string, widthPx: number, heightPx: number) =>
    matchingSize(model, { widthPx, heightPx });
  assert.equal(at('gpt-image-2', 768, 1024), '1088x1456');
  assert.equal(at('gpt-image-2', 1000, 1000), '1248x1248');
  assert.equal(at('gpt-image-1.5', 768, 1024), '1024x1536');
  assert.equal(at('acme/dress-up', 1024, 768), '1536x1024');
  for (const [width, height] of [
    [64, 1024],
    [1024, 64],
    [683, 1024],
    [577, 1024],
  ] as const) {
    assert.ok(acceptsSize('gpt-image-2', at('gpt-image-2', width, height)), `${width}x${height}`);
  }
});
