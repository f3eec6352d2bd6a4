import assert from 'node:assert/strict';
import { it } from 'node:test';
import { TaskError } from '../errors.ts';
import { watchImageModel } from './openai.ts';

it('a vendor that cannot be reached is asked for its models again soon', async () => {
  const errors: Error[] = [];
  const { promise: offered, resolve } = Promise.withResolvers<void>();
  let asked = 0;
  const vendor = {
    model: 'gpt-image-2.6-flare',
    configuredModel: 'gpt-image-2.6-flare',
    listModels: async () => {
      asked += 1;
      if (asked === 1) throw new TaskError('PROVIDER_UNAVAILABLE', { detail: 'not_reached' });
      resolve();
      return [];
    },
  };
  const warned = Promise.withResolvers<string>();
  using watch = watchImageModel(vendor, warned.resolve, (error) => errors.push(error), 1);
  await offered;
  assert.match(await warned.promise, /is not among the models that the key may use/);
  assert.equal(errors.length, 1);
  assert.deepEqual(watch.problems, []);
});
