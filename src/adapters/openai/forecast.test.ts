import assert from 'node:assert/strict';
import { it } from 'node:test';
import { usageOf } from '../../../local/openai/usage.ts';
import { DEFAULT_IMAGE_MODEL, describeModel } from './catalogue.ts';
import { costUsd } from './cost.ts';
import { forecastUsd } from './forecast.ts';

const PHOTO = { width: 768, height: 1024, widthPx: 768, heightPx: 1024 };

it('a forecast is within a tenth of what the local model bills', () => {
  const model = 'gpt-image-2.6-sunburst';
  for (const quality of ['low', 'medium', 'high', 'xhigh', 'max'] as const) {
    for (const [width, height] of [
      [1024, 1536],
      [1536, 864],
    ] as const) {
      for (const photos of [1, 2, 5]) {
        const given = Array.from({ length: photos }, () => PHOTO);
        const prompt = 'x'.repeat(900);
        const billed = costUsd(model, usageOf({ prompt, quality, width, height }, given)) ?? 0;
        const size = `${width}x${height}`;
        const call = { model, quality, size, promptCharacters: prompt.length, photos: given };
        const forecast = forecastUsd(call);
        assert.ok(Math.abs((forecast ?? 0) / billed - 1) <= 0.1, `${quality} ${size}`);
      }
    }
  }
});

it('every quality of a model with a price has a forecast', () => {
  const call = { size: '1024x1536', promptCharacters: 10, photos: [PHOTO] } as const;
  for (const model of [
    'gpt-image-1.5',
    'gpt-image-2',
    'gpt-image-2.5-flare',
    DEFAULT_IMAGE_MODEL,
  ]) {
    for (const quality of describeModel(model)?.qualities ?? assert.fail(model)) {
      assert.ok((forecastUsd({ ...call, model, quality }) ?? 0) > 0.01, `${model} ${quality}`);
    }
  }
});

it('a model without a known price has no forecast', () => {
  const call = { size: '1024x1536', promptCharacters: 10, photos: [PHOTO] } as const;
  assert.equal(forecastUsd({ ...call, model: 'acme/dress-up', quality: 'medium' }), null);
  assert.equal(forecastUsd({ ...call, model: 'gpt-image-1-mini', quality: 'medium' }), null);
});
