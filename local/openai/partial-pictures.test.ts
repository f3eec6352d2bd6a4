/** Streams of partial pictures: the local server's, read by OpenAI's own client, and the worker's reading. */
import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { type TestContext, test } from 'node:test';
import OpenAI from 'openai';
import sharp from 'sharp';
import type { OpenAiOptions } from '../../src/adapters/openai/provider.ts';
import { TaskError } from '../../src/errors.ts';
import type { Picture } from '../../src/ports/image-provider.ts';
import { startHttpHost } from '../../test/support/network/http-host.ts';
import { until } from '../until.ts';
import { AMPLE_MS, modelAt, never } from './adapter-under-test.ts';
import { startOpenAiServer } from './server.ts';
import { moderationRefusal } from './vendor-errors.ts';

const MODEL = 'gpt-image-2.6-sunburst';
const photo = await sharp({ create: { width: 64, height: 96, channels: 3, background: '#468' } })
  .jpeg()
  .toBuffer();

async function startServer(t: TestContext) {
  const server = await startOpenAiServer({ plain: true });
  t.after(() => server[Symbol.asyncDispose]());
  return server;
}

/** The worker's adapter, and the partial pictures that it reported. */
function watchedModel(t: TestContext, baseUrl: string, options: Partial<OpenAiOptions> = {}) {
  const model = modelAt(t, baseUrl, { partialImages: 2, ...options });
  const images = ['model.jpg', 'image_1.jpg'].map((name) => ({
    name,
    jpeg: Buffer.from(photo),
  }));
  const request = { key: 'a:1', images, prompt: 'Dress the person.', endUser: 'owner' };
  const partials: Uint8Array[] = [];
  const draw = async (isWatched = true): Promise<Picture> => {
    const onPartial = (image: Uint8Array) => void partials.push(image);
    const copies = images.map(({ name, jpeg }) => ({ name, jpeg: Buffer.from(jpeg) }));
    const once = { ...request, images: copies };
    const asked = isWatched ? { ...once, onPartial } : once;
    const submitted = await model.submit(asked, AMPLE_MS, never);
    return submitted.kind === 'picture' ? submitted.picture : assert.fail('a ticket');
  };
  return { model, request, partials, draw };
}

/** A vendor that answers every call in the same malformed way. */
async function startVendor(t: TestContext, answer: (response: ServerResponse) => void) {
  const host = await startHttpHost((request, response) => {
    request.resume().once('end', () => answer(response));
  });
  t.after(() => host[Symbol.asyncDispose]());
  return `${host.origin}/v1`;
}

const event = (type: string, fields: object) =>
  `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;
const b64_json = photo.toString('base64');
const PARTIAL = event('image_edit.partial_image', { b64_json, partial_image_index: 0 });
const STREAM = { 'content-type': 'text/event-stream' };

async function failureOf(call: Promise<unknown>): Promise<TaskError> {
  const error = await call.then(
    () => assert.fail('the call succeeded'),
    (reason) => reason,
  );
  assert.ok(error instanceof TaskError, String(error));
  return error;
}

test('the local stream is one that the vendor’s own client reads', async (t) => {
  const server = await startServer(t);
  const client = new OpenAI({ apiKey: server.apiKey, baseURL: server.baseUrl, maxRetries: 0 });
  const image = new File([new Uint8Array(photo)], 'model.jpg', { type: 'image/jpeg' });
  const asked = { image, prompt: 'Dress me.', model: MODEL, partial_images: 3 } as const;
  const types: string[] = [];
  for await (const one of await client.images.edit({ ...asked, stream: true })) {
    types.push(one.type);
    assert.ok((await sharp(Buffer.from(one.b64_json, 'base64')).metadata()).width);
    if (one.type === 'image_edit.completed') assert.ok(one.usage.output_tokens > 300);
    else assert.equal(one.partial_image_index, types.length - 1);
  }
  assert.deepEqual(types, [...Array(3).fill('image_edit.partial_image'), 'image_edit.completed']);
});

test('a streamed call has the same picture, and its partial ones are billed', async (t) => {
  const server = await startServer(t);
  const { draw, partials, model, request } = watchedModel(t, server.baseUrl, server);
  const plain = await draw(false);
  const streamed = await draw();
  assert.deepEqual(streamed.image, plain.image);
  assert.deepEqual([streamed.size, streamed.inputTokens], [plain.size, plain.inputTokens]);
  assert.equal(streamed.outputTokens, (plain.outputTokens ?? 0) + 200);
  const extraUsd = (200 * 30) / 1e6;
  const close = (a: number | null, b: number | null) =>
    assert.ok(Math.abs((a ?? 0) - (b ?? 0) - extraUsd) < 1e-6);
  close(streamed.costUsd, plain.costUsd);
  const watched = { ...request, onPartial: () => {} };
  close(model.forecastUsd(watched), model.forecastUsd(request));
  await until('two partial pictures', () => partials.length === 2);
  assert.equal((await sharp(partials[0]).metadata()).format, 'jpeg');
});

test('a call that no one watches asks for no stream', async (t) => {
  const server = await startServer(t);
  await watchedModel(t, server.baseUrl, { ...server, partialImages: 3 }).draw(false);
  await watchedModel(t, server.baseUrl, { ...server, partialImages: 0 }).draw();
  await watchedModel(t, server.baseUrl, { ...server, model: 'acme/dress-up' }).draw();
  for (const { form } of server.calls) {
    assert.deepEqual(
      [form?.parameters.stream, form?.parameters.partial_images],
      [undefined, undefined],
    );
  }
  assert.equal(server.calls.length, 3);
});

const LOST: Readonly<Record<string, (response: ServerResponse) => void>> = {
  'is cut': (response) => response.write(PARTIAL, () => response.destroy()),
  stalls: (response) => response.write(PARTIAL),
  'ends without the picture': (response) => response.end(PARTIAL),
  'ends within the picture': (response) =>
    response.end(`${PARTIAL}event: image_edit.completed\ndata: {"type":"image_edit.com`),
};

for (const [what, end] of Object.entries(LOST)) {
  test(`a stream that ${what} has an unknown outcome`, async (t) => {
    const vendor = await startVendor(t, (response) => end(response.writeHead(200, STREAM)));
    // Long enough for the first part to arrive; only the stream that stalls takes all of it.
    const { draw, partials } = watchedModel(t, vendor, { timeoutMs: 5000 });
    assert.equal((await failureOf(draw())).code, 'PROVIDER_OUTCOME_UNKNOWN');
    await until('the partial picture', () => partials.length === 1);
  });
}

test('an error inside a stream means what it means as an answer', async (t) => {
  const errors = [
    [moderationRefusal().body.error, 'MODERATION_BLOCKED'],
    [{ type: 'server_error', message: 'Oh.' }, 'PROVIDER_UNAVAILABLE'],
    [{ type: 'rate_limit_error', code: 'slow_down' }, 'PROVIDER_BUSY'],
    [{ type: 'insufficient_quota', code: 'insufficient_quota' }, 'PROVIDER_REFUSES_SERVICE'],
    [{ type: 'invalid_request_error', code: 'odd' }, 'GENERATION_FAILED'],
  ] as const;
  for (const [error, code] of errors) {
    const vendor = await startVendor(t, (response) =>
      response.writeHead(200, STREAM).end(PARTIAL + event('error', { error })),
    );
    assert.equal((await failureOf(watchedModel(t, vendor).draw())).code, code);
  }
});

test('a gateway that knows no streams answers as always', async (t) => {
  const vendor = await startVendor(t, (response) =>
    response
      .writeHead(200, { 'content-type': 'application/json' })
      .end(JSON.stringify({ created: 1, data: [{ b64_json }] })),
  );
  const { draw, partials } = watchedModel(t, vendor);
  assert.deepEqual(Buffer.from((await draw()).image), photo);
  assert.deepEqual(partials, []);
});

test('a malformed partial, or a failing reader of it, costs no picture', async (t) => {
  const bad = event('image_edit.partial_image', { b64_json: '%%%', partial_image_index: 0 });
  const end = event('image_edit.completed', { b64_json, created_at: 1, usage: null });
  for (const first of [bad, PARTIAL]) {
    const vendor = await startVendor(t, (response) =>
      response.writeHead(200, STREAM).end(first + end),
    );
    const { model, request } = watchedModel(t, vendor);
    const onPartial = () => assert.fail('the page is gone');
    const submitted = await model.submit({ ...request, onPartial }, AMPLE_MS, never);
    assert.equal(submitted.kind, 'picture');
  }
});
