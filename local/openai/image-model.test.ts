/** The worker's image model adapter against the local server, over real HTTP. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { createServer, type Server, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import sharp from 'sharp';
import { type OpenAiOptions, OpenAiProvider } from '../../src/adapters/openai/provider.ts';
import { type ErrorCode, TaskError } from '../../src/errors.ts';
import type { Picture, PictureRequest } from '../../src/ports/image-provider.ts';
import type { Fault } from '../faults.ts';
import { LOOPBACK } from '../loopback.ts';
import { plainPictures } from './picture.ts';
import { startOpenAiServer } from './server.ts';
import * as vendor from './vendor-errors.ts';

const never = new AbortController().signal;
const OWNER = '7b0c1d5e-0000-4000-8000-000000000001';

async function request(): Promise<PictureRequest> {
  const jpeg = await sharp({
    create: { width: 64, height: 96, channels: 3, background: '#446688' },
  })
    .jpeg()
    .toBuffer();
  const images = ['model.jpg', 'image_1.jpg'].map((name) => ({ name, jpeg }));
  return { key: 'a:1', images, prompt: 'Dress the person.', endUser: OWNER };
}

function modelAt(t: TestContext, baseUrl: string, options: Partial<OpenAiOptions> = {}) {
  const model = new OpenAiProvider({
    apiKey: 'sk-test',
    baseUrl,
    model: 'gpt-image-2.6-sunburst',
    quality: 'medium',
    size: '1024x1536',
    complexity: null,
    partialImages: 0,
    timeoutMs: 30_000,
    useSuccessor: true,
    fetchPicture: () => assert.fail('no link to follow'),
    warn: () => {},
    ...options,
  });
  t.after(() => model[Symbol.asyncDispose]());
  return model;
}

async function startModel(t: TestContext, options: Partial<OpenAiOptions> = {}) {
  const server = await startOpenAiServer({ plain: true });
  t.after(() => server[Symbol.asyncDispose]());
  const model = modelAt(t, server.baseUrl, { apiKey: server.apiKey, ...options });
  return { server, model };
}

/** The picture of one call. */
async function edit(
  model: OpenAiProvider,
  asked: PictureRequest,
  signal: AbortSignal,
): Promise<Picture> {
  const submitted = await model.submit(asked, 30_000, signal);
  return submitted.kind === 'picture' ? submitted.picture : assert.fail('a ticket');
}

async function failureOf(call: Promise<unknown>): Promise<TaskError> {
  const error = await call.then(
    () => assert.fail('the call succeeded'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof TaskError, String(error));
  return error;
}

test('an edit sends named images in order and returns picture, tokens, cost', async (t) => {
  const { server, model } = await startModel(t);
  const asked = await request();
  const result = await edit(model, asked, never);
  const { format, width, height } = await sharp(result.image).metadata();
  assert.deepEqual({ format, width, height }, { format: 'jpeg', width: 1024, height: 1536 });
  assert.equal(result.outputTokens, 1210);
  assert.ok((result.inputTokens ?? 0) > 0 && (result.costUsd ?? 0) > 0.0363);

  const form = server.calls[0]?.form;
  const sha256 = createHash('sha256')
    .update(asked.images[0]?.jpeg ?? '')
    .digest('hex');
  assert.deepEqual(
    form?.images.map(({ name, type, sha256 }) => ({ name, type, sha256 })),
    ['model.jpg', 'image_1.jpg'].map((name) => ({ name, type: 'image/jpeg', sha256 })),
  );
  assert.equal(form?.prompt, asked.prompt);
  assert.deepEqual(form?.parameters, {
    model: 'gpt-image-2.6-sunburst',
    quality: 'medium',
    size: '1024x1536',
    n: '1',
    output_format: 'jpeg',
    safety_identifier: createHash('sha256').update(OWNER).digest('hex'),
  });
});

test('only what the model accepts is sent', async (t) => {
  const warnings: string[] = [];
  const warn = (message: string) => warnings.push(message);
  const { server, model } = await startModel(t, { model: 'gpt-image-2', quality: 'max', warn });
  await edit(model, await request(), never);
  assert.equal(server.calls[0]?.form?.parameters.quality, 'high');
  assert.equal(warnings.length, 1);
});

test('an unknown model gets the common parameters, no cost and one warning', async (t) => {
  const warnings: string[] = [];
  const warn = (message: string) => warnings.push(message);
  const { server, model } = await startModel(t, { model: 'acme/dress-up', warn });
  const first = await edit(model, await request(), never);
  await edit(model, await request(), never);
  assert.equal(first.costUsd, null);
  assert.equal(first.outputTokens, 1210);
  assert.equal(warnings.length, 1);
  assert.deepEqual(Object.keys(server.calls[0]?.form?.parameters ?? {}).sort(), [
    'model',
    'n',
    'output_format',
    'quality',
    'safety_identifier',
    'size',
  ]);
});

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
      { fault: html(code), code: 'GENERATION_FAILED' as const },
    ]),
  ),
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

function status(code: number, body: unknown, headers: Record<string, string> = {}): Fault {
  return { kind: 'status', status: code, body, headers };
}

function json(code: number, body: string): Fault {
  return status(code, body, { 'content-type': 'application/json' });
}

function html(code: number): Fault {
  return status(code, '<html>Bad day</html>', { 'content-type': 'text/html' });
}

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

test('a redirect is not followed', async (t) => {
  const { server, model } = await startModel(t);
  server.faults.add(status(307, '', { location: '/v1/images/edits' }));
  await failureOf(edit(model, await request(), never));
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
  const { server, model } = await startModel(t, { timeoutMs: 300 });
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

/** A server that treats every connection the same way. */
async function startRaw(t: TestContext, treat: (socket: Socket) => void): Promise<string> {
  const server: Server = createServer((socket) => {
    socket.on('error', () => {});
    t.after(() => socket.destroy());
    treat(socket);
  });
  const { promise: listening, resolve } = Promise.withResolvers<void>();
  server.listen(0, LOOPBACK, resolve);
  await listening;
  t.after(() => server.close());
  const address = server.address();
  return `${LOOPBACK}:${typeof address === 'object' ? address?.port : ''}`;
}

test('a refused connection, unknown host or failed handshake is not billed', async (t) => {
  const gone = await startOpenAiServer();
  await gone[Symbol.asyncDispose]();
  const noTls = await startRaw(t, (socket) => socket.once('data', () => socket.destroy()));
  for (const url of [gone.baseUrl, 'http://no-such-host.invalid/v1', `https://${noTls}/v1`]) {
    const error = await failureOf(edit(modelAt(t, url), await request(), never));
    assert.equal(error.code, 'PROVIDER_UNAVAILABLE', url);
    assert.equal(error.detail, 'not_reached');
  }
});

test('running out of time while connecting is not billed', async (t) => {
  const mute = await startRaw(t, () => {});
  const model = modelAt(t, `https://${mute}/v1`, { timeoutMs: 300 });
  const error = await failureOf(edit(model, await request(), never));
  assert.equal(error.code, 'PROVIDER_UNAVAILABLE');
});

test('an answer that stops in its middle has an unknown outcome', async (t) => {
  const head = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 500\r\n\r\n{';
  const cut = await startRaw(t, (socket) => socket.once('data', () => socket.end(head)));
  const stalled = await startRaw(t, (socket) => socket.once('data', () => socket.write(head)));
  for (const server of [cut, stalled]) {
    const model = modelAt(t, `http://${server}/v1`, { timeoutMs: 500 });
    const error = await failureOf(edit(model, await request(), never));
    assert.equal(error.code, 'PROVIDER_OUTCOME_UNKNOWN');
  }
});

test('every call has a connection of its own', async (t) => {
  const { model } = await startModel(t);
  let connected = 0;
  const count = () => {
    connected += 1;
  };
  subscribe('undici:client:connected', count);
  t.after(() => unsubscribe('undici:client:connected', count));
  await model.listModels();
  await edit(model, await request(), never);
  await edit(model, await request(), never);
  assert.equal(connected, 3);
});

const GONE: Fault = {
  kind: 'status',
  method: 'POST',
  status: 404,
  body: { error: { code: 'model_not_found', message: 'The model does not exist.' } },
};

test('calls go to the successor once the model is shut down', async (t) => {
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
  await Promise.all([edit(model, await request(), never), edit(model, await request(), never)]);
  assert.equal(model.model, 'gpt-image-2.6-flare');
  const asked = server.calls.map(({ form }) => form?.parameters.model);
  assert.deepEqual(asked.toSorted(), [
    ...Array(2).fill('gpt-image-2.5-flare'),
    ...Array(2).fill('gpt-image-2.6-flare'),
  ]);
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

test('a picture is read however a gateway writes its base64', async (t) => {
  const { server, model } = await startModel(t);
  const [{ jpeg } = assert.fail()] = (await request()).images;
  const base64 = Buffer.from(jpeg).toString('base64');
  const lines = base64.replace(/(.{76})/g, '$1\r\n');
  const forms = [
    { b64_json: `data:image/jpeg;base64,${base64}` },
    { b64_json: lines },
    { b64_json: null, url: `data:image/jpeg;base64,${lines}` },
  ];
  for (const item of forms) {
    server.faults.add(status(200, { data: [item] }));
    const { image } = await edit(model, await request(), never);
    assert.equal(Buffer.from(image).toString('base64'), base64);
  }
});

test('a picture behind a link is fetched, three times at most', async (t) => {
  const { images } = await request();
  const links: string[] = [];
  let failures = 1;
  const fetchPicture = async (url: string) => {
    links.push(url);
    if (failures > 0) {
      failures -= 1;
      throw new Error('not yet');
    }
    return images[0]?.jpeg ?? assert.fail();
  };
  const { server, model } = await startModel(t, { fetchPicture });
  const link = 'https://files.example/picture.jpg';
  server.faults.add(status(200, { data: [{ url: link }] }));
  const { image } = await edit(model, await request(), never);
  assert.deepEqual(image, images[0]?.jpeg);
  assert.deepEqual(links, [link, link]);

  failures = Number.POSITIVE_INFINITY;
  server.faults.add(status(200, { data: [{ url: link }] }));
  const error = await failureOf(edit(model, await request(), never));
  assert.deepEqual([error.code, error.detail], ['PROVIDER_MALFORMED', 'picture_not_fetched']);
  assert.equal(links.length, 5);
});

test('the offered models come with the days on which they end', async (t) => {
  const { server, model } = await startModel(t);
  const offered = await model.listModels();
  assert.ok(offered.some(({ name }) => name === 'gpt-image-2.6-sunburst'));
  server.faults.add(status(200, { data: [{ id: 'old', shutdown_date: '2026-12-01' }] }));
  assert.deepEqual(await model.listModels(), [{ name: 'old', shutdownDate: '2026-12-01' }]);
  server.faults.add(status(401, {}));
  assert.equal((await failureOf(model.listModels())).code, 'PROVIDER_REFUSES_SERVICE');
});
