/** A model that the vendor or the catalogue has shut down, and its successor. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Fault } from '../faults.ts';
import { edit, failureOf, modelAt, never, request, startModel } from './adapter-under-test.ts';
import { plainPictures } from './picture.ts';
import { startOpenAiServer } from './server.ts';
import * as vendor from './vendor-errors.ts';

const GONE: Fault = {
  kind: 'status',
  method: 'POST',
  status: 404,
  body: { error: { code: 'model_not_found', message: 'The model does not exist.' } },
};

test('after a call to a model that is shut down calls go to its successor', async (t) => {
  const pictures = plainPictures();
  const server = await startOpenAiServer({
    draw: (form) => {
      if (form.parameters.model !== 'gpt-image-2.5-flare') return pictures(form);
      throw new vendor.Refusal(404, { message: 'No such model.', code: 'model_not_found' });
    },
  });
  t.after(() => server[Symbol.asyncDispose]());
  const warnings: string[] = [];
  const model = modelAt(t, server.baseUrl, {
    apiKey: server.apiKey,
    model: 'gpt-image-2.5-flare',
    warn: (message) => warnings.push(message),
  });
  const call = async () => edit(model, await request(), never);
  for (const { code } of await Promise.all([failureOf(call()), failureOf(call())])) {
    assert.equal(code, 'PROVIDER_MODEL_REPLACED');
  }
  assert.equal(model.model, 'gpt-image-2.6-flare');
  await call();
  assert.deepEqual(
    server.calls.map(({ form }) => form?.parameters.model),
    ['gpt-image-2.5-flare', 'gpt-image-2.5-flare', 'gpt-image-2.6-flare'],
  );
  assert.equal(warnings.length, 1);
});

test('a model retired by the catalogue is replaced before the first call', async (t) => {
  const { server, model } = await startModel(t, { model: 'gpt-image-1' });
  assert.equal(model.model, 'gpt-image-2.6-sunburst');
  await edit(model, await request(), never);
  assert.equal(server.calls.length, 1);
});

for (const options of [
  { model: 'gpt-image-2.6-sunburst' },
  { model: 'gpt-image-2.5-flare', useSuccessor: false },
  { model: 'acme/dress-up' },
]) {
  test(`${JSON.stringify(options)} has no stand-in when it is gone`, async (t) => {
    const { server, model } = await startModel(t, options);
    server.faults.add(GONE);
    const error = await failureOf(edit(model, await request(), never));
    assert.deepEqual([error.code, error.detail], ['PROVIDER_REFUSES_SERVICE', 'model_gone']);
    assert.equal(server.calls.length, 1);
  });
}
