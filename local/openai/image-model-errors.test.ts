/** What the vendor's errors, and answers that never come, mean to the worker. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ErrorCode } from '../../src/error-catalogue.ts';
import type { Fault } from '../faults.ts';
import {
  edit,
  failureOf,
  html,
  json,
  modelAt,
  never,
  request,
  startModel,
  status,
} from './adapter-under-test.ts';
import * as vendor from './vendor-errors.ts';

const answers: Record<string, { fault: Fault; code: ErrorCode; retryAfterMs?: number }> = {
  'a rate limit': { fault: vendor.rateLimited(20), code: 'PROVIDER_BUSY', retryAfterMs: 20_000 },
  'a plea to slow down': {
    fault: status(429, { error: { code: 'slow_down' } }, { 'retry-after-ms': '250' }),
    code: 'PROVIDER_BUSY',
    retryAfterMs: 250,
  },
  'a rate limit with a reset time': {
    fault: status(429, {}, { 'x-ratelimit-reset-requests': '1m0s' }),
    code: 'PROVIDER_BUSY',
    retryAfterMs: 60_000,
  },
  'a 429 with `error: null`': { fault: status(429, { error: null }), code: 'PROVIDER_BUSY' },
  'an overloaded server': { fault: vendor.serverOverloaded(), code: 'PROVIDER_BUSY' },
  'a used-up quota': { fault: vendor.insufficientQuota(), code: 'PROVIDER_REFUSES_SERVICE' },
  ...Object.fromEntries(
    [
      'credit_balance_exhausted',
      'organization_spend_limit_exceeded',
      'project_spend_limit_exceeded',
      'organization_usage_limit_exceeded',
    ].map((code) => [
      `a 429 with ${code}`,
      {
        fault: status(429, { error: { code, type: null } }),
        code: 'PROVIDER_REFUSES_SERVICE' as const,
      },
    ]),
  ),
  'a 401': { fault: status(401, { error: {} }), code: 'PROVIDER_REFUSES_SERVICE' },
  'a 403 in HTML': { fault: html(403), code: 'PROVIDER_REFUSES_SERVICE' },
  'a moderation block': { fault: vendor.moderationBlocked(), code: 'MODERATION_BLOCKED' },
  'a content policy violation': {
    fault: status(400, { error: { code: 'content_policy_violation' } }),
    code: 'MODERATION_BLOCKED',
  },
  'a user error for safety': {
    fault: status(400, {
      error: { type: 'image_generation_user_error', code: null, message: 'Safety system said no' },
    }),
    code: 'MODERATION_BLOCKED',
  },
  'a user error for something else': {
    fault: status(400, {
      error: { type: 'image_generation_user_error', code: null, message: 'Image too dark' },
    }),
    code: 'GENERATION_FAILED',
  },
  ...Object.fromEntries(
    [
      { code: 'content_filter' },
      { code: 'contentFilter' },
      { code: 'invalid_request', innererror: { code: 'ResponsibleAIPolicyViolation' } },
    ].map((error) => [
      `a content filter's ${JSON.stringify(error)}`,
      { fault: status(400, { error }), code: 'MODERATION_BLOCKED' as const },
    ]),
  ),
  'an unknown parameter of the worker with a telling name': {
    fault: status(400, {
      error: {
        type: 'image_generation_user_error',
        code: null,
        param: null,
        message: "Unknown parameter: 'safety_identifier'.",
      },
    }),
    code: 'PROVIDER_REFUSES_SERVICE',
  },
  ...Object.fromEntries(
    ['size', 'quality', 'output_format'].map((param) => [
      `a refusal of our ${param}`,
      {
        fault: status(400, { error: { code: 'invalid_value', param, message: 'Invalid value.' } }),
        code: 'PROVIDER_REFUSES_SERVICE' as const,
      },
    ]),
  ),
  'a model that the key may not use': {
    fault: status(403, { error: { code: 'model_not_found', param: null } }),
    code: 'PROVIDER_REFUSES_SERVICE',
  },
  ...Object.fromEntries(
    ['prompt', 'image', 'image[0]'].map((param) => [
      `a refusal of the customer's ${param}`,
      {
        fault: status(400, {
          error: { code: 'invalid_value', param, message: "It says: unknown parameter 'model'." },
        }),
        code: 'GENERATION_FAILED' as const,
      },
    ]),
  ),
  'a safety block inside a 200': {
    fault: status(200, { error: { code: 'moderation_blocked' } }),
    code: 'MODERATION_BLOCKED',
  },
  ...Object.fromEntries(
    [400, 413, 422].map((code) => [
      `a ${code}`,
      { fault: status(code, { error: { message: 'No.' } }), code: 'GENERATION_FAILED' as const },
    ]),
  ),
  ...Object.fromEntries(
    [400, 418, 422, 451].map((code) => [
      `a proxy's ${code}`,
      { fault: html(code), code: 'PROVIDER_MALFORMED' as const },
    ]),
  ),
  'a 400 with `error: null`': { fault: status(400, { error: null }), code: 'PROVIDER_MALFORMED' },
  'a request that is too large for a proxy': { fault: html(413), code: 'GENERATION_FAILED' },
  ...Object.fromEntries(
    [404, 405].map((code) => [
      `a ${code} of a wrong base URL`,
      { fault: html(code), code: 'PROVIDER_REFUSES_SERVICE' as const },
    ]),
  ),
  ...Object.fromEntries(
    [504, 520, 524].map((code) => [
      `a proxy's ${code}`,
      { fault: html(code), code: 'PROVIDER_OUTCOME_UNKNOWN' as const },
    ]),
  ),
  ...Object.fromEntries(
    [500, 502, 503].map((code) => [
      `a gateway's ${code}`,
      { fault: html(code), code: 'PROVIDER_UNAVAILABLE' as const },
    ]),
  ),
  'a 500 without a body': { fault: status(500, ''), code: 'PROVIDER_UNAVAILABLE' },
  'a 503 that says when': {
    fault: status(503, {}, { 'retry-after': '3' }),
    code: 'PROVIDER_UNAVAILABLE',
    retryAfterMs: 3_000,
  },
  'a rate limit of a day, which is ignored': {
    fault: vendor.rateLimited(86_400),
    code: 'PROVIDER_BUSY',
  },
  'a 200 without an image': { fault: vendor.answerWithoutImage(), code: 'PROVIDER_MALFORMED' },
  'a 200 with bad base64': { fault: vendor.answerWithBadBase64(), code: 'PROVIDER_MALFORMED' },
  'a 200 that is no image': { fault: vendor.answerThatIsNoImage(), code: 'PROVIDER_MALFORMED' },
  'a 200 in HTML': { fault: html(200), code: 'PROVIDER_MALFORMED' },
  'a 200 that is empty': { fault: status(200, ''), code: 'PROVIDER_MALFORMED' },
  'a 200 of null': { fault: json(200, 'null'), code: 'PROVIDER_MALFORMED' },
  'a 200 with `data: null`': {
    fault: status(200, { data: null, usage: null }),
    code: 'PROVIDER_MALFORMED',
  },
  'a 200 cut in half': { fault: json(200, '{"data": [{"b64'), code: 'PROVIDER_MALFORMED' },
  'a dropped connection': {
    fault: { kind: 'drop-after' },
    code: 'PROVIDER_OUTCOME_UNKNOWN',
  },
};

for (const [what, { fault, code, retryAfterMs }] of Object.entries(answers)) {
  test(`${what} is ${code}, after exactly one request`, async (t) => {
    const { server, model } = await startModel(t);
    server.faults.add({ ...fault, times: Number.POSITIVE_INFINITY });
    const error = await failureOf(edit(model, await request(), never));
    assert.equal(error.code, code);
    assert.equal(error.retryAfterMs, retryAfterMs);
    assert.equal(server.calls.length, 1);
    const streaming = modelAt(t, server.baseUrl, { apiKey: server.apiKey, partialImages: 2 });
    const asked = { ...(await request()), onPartial: () => assert.fail('no picture was begun') };
    const streamed = await failureOf(edit(streaming, asked, never));
    assert.deepEqual([streamed.code, streamed.detail], [error.code, error.detail]);
    assert.equal(streamed.retryAfterMs, retryAfterMs);
    assert.equal(server.calls.length, 2);
  });
}

test('a redirect is not followed and fails no task', async (t) => {
  const { server, model } = await startModel(t);
  server.faults.add(status(307, '', { location: '/v1/images/edits' }));
  const error = await failureOf(edit(model, await request(), never));
  assert.equal(error.code, 'PROVIDER_REFUSES_SERVICE');
  assert.equal(server.calls.length, 1);
});

test('a wrong key is refused by the server itself', async (t) => {
  const { model } = await startModel(t, { apiKey: 'sk-wrong' });
  const error = await failureOf(edit(model, await request(), never));
  assert.equal(error.code, 'PROVIDER_REFUSES_SERVICE');
  assert.match(String((error.cause as Error).message), /invalid_api_key/);
});

test('neither the key nor the vendor’s text is in an error', async (t) => {
  const { server, model } = await startModel(t);
  const message = `Incorrect API key provided: ${server.apiKey}`;
  server.faults.add(status(401, { error: { message, code: 'invalid_api_key' } }));
  const { message: own, stack, cause } = await failureOf(edit(model, await request(), never));
  assert.ok(![own, stack, cause, (cause as Error).stack].join().includes(server.apiKey));
});

test('a call that takes too long has an unknown outcome and is cut', async (t) => {
  // Long enough for the request to arrive.
  const { server, model } = await startModel(t, { timeoutMs: 5000 });
  server.faults.add({ kind: 'hang' });
  const error = await failureOf(edit(model, await request(), never));
  assert.equal(error.code, 'PROVIDER_OUTCOME_UNKNOWN');
  await server.calls[0]?.ended;
  assert.equal(server.calls[0]?.outcome, 'aborted');
});

test('an abort has an unknown outcome and is cut', async (t) => {
  const { server, model } = await startModel(t);
  const hang = server.faults.add({ kind: 'hang' });
  const stop = new AbortController();
  const failure = failureOf(edit(model, await request(), stop.signal));
  await hang.hit;
  stop.abort(new Error('the process is stopping'));
  assert.equal((await failure).code, 'PROVIDER_OUTCOME_UNKNOWN');
  await server.calls[0]?.ended;
});
