/**
 * The API's document is true: it is valid, its examples fit its schemas, and a running worker
 * gives every answer that it shows. A request and the answer it gets have the same name.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { Validator } from '@seriousme/openapi-schema-validator';
import { PEOPLE } from '../../local/samples/samples.ts';
import { startLocalStack } from '../../local/stack.ts';
import { until } from '../../local/until.ts';
import type { EstimateBodyDeps } from '../../src/http/estimate-body.ts';
import { afterTests } from '../support/after-tests.ts';
import { serverIn } from '../support/api-server.ts';
import { startHttpHost } from '../support/network/http-host.ts';
import { FIXTURES } from '../support/sizing/pose-goldens.ts';
import { poseModelFolder } from '../support/sizing/pose-models.ts';
import { startWorkerProcess } from '../support/worker-process.ts';
import { type ApiDocument, examplesOf, operationsOf, type Shown } from './api-document.ts';

const SIZE = 'POST /estimate-body';
/** Where the photos of the examples are; in the tests a host here has them. */
const EXAMPLE_HOST = 'https://abcdefgh.supabase.co';
const PHOTOS: Readonly<Record<string, string>> = {
  '/ada.jpg': PEOPLE.ada.file,
  '/without-feet.jpg': join(FIXTURES, 'hard_half_body_45.jpg'),
};

const models = await poseModelFolder();
const host = afterTests.use(
  await startHttpHost(({ url = '' }, response) => {
    const file = PHOTOS[url];
    const status = url === '/away.jpg' ? 503 : 404;
    if (file === undefined) return void response.writeHead(status).end();
    response.writeHead(200, { 'content-type': 'image/jpeg' }).end(readFileSync(file));
  }),
);
const stack = afterTests.use(await startLocalStack({ openai: { plain: true } }));
const worker = afterTests.use(
  await startWorkerProcess({
    ...stack.env,
    MEDIAPIPE_MODEL_PATH: models,
    IMAGE_TRUSTED_ORIGINS: host.origin,
    ADMIN_TOKEN: 'the-board-is-not-documented',
  }),
);
await worker.logged('pose_model_loaded');
const api = (await (await fetch(`${worker.address}/docs/openapi.json`)).json()) as ApiDocument;
const examples = examplesOf(api);

/**
 * Sends a body to `/estimate-body`, again while a busy machine takes too long; links to the example
 * host lead to the one here.
 */
function send(body: unknown, query = '', contentType = 'application/json'): Promise<Response> {
  return until('an answer in time', async () => {
    const answer = await fetch(`${worker.address}/estimate-body${query}`, {
      method: 'POST',
      headers: { 'content-type': contentType },
      body: JSON.stringify(body).replaceAll(EXAMPLE_HOST, host.origin),
    });
    return (await answer.clone().text()).includes('TOOK_TOO_LONG') ? null : answer;
  });
}

/** What was got for real, by `operation name`. */
const proven = new Set<string>();

/** Holds an answer against the example of its name. */
async function assertShown(operation: string, name: string, answer: Response): Promise<void> {
  const text = await answer.text();
  const found = examples.filter((one) => one.operation === operation && one.name === name);
  const shown = found.find(({ status }) => status !== null);
  assert.ok(shown, `${operation} shows no answer "${name}"`);
  if (shown.status !== 'default') assert.equal(String(answer.status), shown.status, text);
  const value = /json/.test(answer.headers.get('content-type') ?? '') ? JSON.parse(text) : text;
  assert.equal(shown.fault(value), null);
  assertAlike(value, shown.value, name);
  proven.add(`${operation} ${name}`);
}

/** The same keys and texts, and numbers that another processor may round otherwise. */
function assertAlike(actual: unknown, expected: unknown, where: string): void {
  if (typeof expected === 'number') {
    const tolerance = expected <= 1 ? 0.05 : 0.5;
    assert.ok(Math.abs(Number(actual) - expected) <= tolerance, `${where}: ${actual}`);
  } else if (typeof expected === 'object' && expected !== null) {
    const [keys, wanted] = [Object.keys(actual as object), Object.keys(expected)];
    assert.deepEqual(keys.sort(), wanted.sort(), where);
    for (const [key, value] of Object.entries(expected)) {
      assertAlike((actual as Record<string, unknown>)[key], value, `${where}.${key}`);
    }
  } else assert.equal(actual, expected, where);
}

it('generated clients get names, a server and the version of the package', () => {
  const operations = operationsOf(api);
  const ids = [...operations.values()].map(({ operationId }) => operationId);
  assert.equal(ids[0], 'estimateBody');
  assert.equal(new Set(ids).size, ids.length);
  assert.deepEqual(
    api.servers.map(({ url }) => url),
    ['/'],
  );
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
  assert.equal(api.info.version, version);
  assert.doesNotMatch(JSON.stringify(api), /docs\/\w+\.md/);
});

it('it is valid OpenAPI 3.1', async () => {
  assert.match(api.openapi, /^3\.1\./);
  const { valid, errors } = await new Validator().validate({ ...api });
  assert.ok(valid, JSON.stringify(errors));
});

it('its tags are declared, and a photo must be a link', () => {
  const used = [...operationsOf(api).values()].flatMap(({ tags = [] }) => tags);
  const declared = api.tags.map(({ name }) => name);
  assert.deepEqual([...new Set(used)].sort(), declared.toSorted());
  const media = operationsOf(api).get(SIZE)?.requestBody?.content['application/json'];
  assert.ok(media);
  const { properties } = media.schema as { properties: Record<string, { pattern?: string }> };
  const pattern = new RegExp(properties.image_url?.pattern ?? '');
  assert.deepEqual(
    ['https://a.example/b.jpg', 'http://a.example', 'ftp://a.example', 'a.jpg'].map((link) =>
      pattern.test(link),
    ),
    [true, true, false, false],
  );
});

it('every operation is described, with an example of each message', () => {
  const operations = operationsOf(api);
  assert.deepEqual([...operations.keys()].sort(), [
    'GET /health',
    'GET /livez',
    'GET /metrics',
    'GET /readyz',
    SIZE,
  ]);
  for (const [name, { description, requestBody, responses }] of operations) {
    assert.ok(description, name);
    const answers = Object.values(responses);
    const contents = [requestBody?.content, ...answers.map(({ content }) => content)];
    for (const media of contents.flatMap((content) => Object.values(content ?? {}))) {
      assert.ok(Object.keys(media.examples ?? {}).length > 0, name);
    }
    for (const answer of answers) assert.notEqual(answer.description, 'Default Response');
  }
});

it('every example fits its schema, except the request that shows a mistake', () => {
  const faulty = examples.filter(({ value, fault }) => fault(value) !== null);
  assert.deepEqual(
    faulty.map(({ name, status }) => [name, status]),
    [['height_in_metres', null]],
  );
});

it('every request that it shows gets the answer of its name', async () => {
  const requests = examples.filter(({ status }) => status === null);
  assert.ok(requests.length >= 5);
  for (const { operation, name, value } of requests) {
    assert.equal(operation, SIZE);
    await assertShown(operation, name, await send(value));
  }
});

it('with ?include=landmarks the answer fits the schema too', async () => {
  const request = examples.find(({ name, status }) => name === 'photo_and_height' && !status);
  const shown = examples.find(({ name, status }) => name === 'photo_and_height' && status);
  const answer = await send(request?.value, '?include=landmarks');
  const body = (await answer.json()) as { landmarks: unknown[] };
  assert.equal(shown?.fault(body), null);
  assert.equal(body.landmarks.length, 33);
});

it('a failing host and a wrong body type get the documented answers', async () => {
  const away = { image_url: `${EXAMPLE_HOST}/away.jpg`, height_cm: 172 };
  await assertShown(SIZE, 'host_is_away', await send(away));
  for (const type of ['text/plain', 'application/xml']) {
    await assertShown(SIZE, 'not_json', await send(away, '', type));
  }
});

it('probes and metrics answer as shown', async () => {
  const probes = { 'GET /livez': 'alive', 'GET /readyz': 'ready', 'GET /health': 'healthy' };
  for (const [operation, name] of Object.entries(probes)) {
    const [, path] = operation.split(' ');
    await assertShown(operation, name, await fetch(`${worker.address}${path}`));
  }
  const metrics = await fetch(`${worker.address}/metrics`);
  const { value } = examples.find(({ name }) => name === 'excerpt') as Shown;
  assert.match(metrics.headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/);
  assert.ok((await metrics.text()).includes(String(value)));
  proven.add('GET /metrics excerpt');
});

const BODY = { image_url: `${EXAMPLE_HOST}/ada.jpg`, height_cm: 159.6 };

describe('in a state of its own the worker gives the answers that are shown:', () => {
  type Poses = EstimateBodyDeps['poses'];
  const never: Poses = {
    ready: true,
    estimate: (_image, signal) =>
      new Promise((_resolve, reject) =>
        signal.addEventListener('abort', () => reject(signal.reason)),
      ),
  };
  const busy: Poses = { ready: true, estimate: async () => ({ kind: 'busy' }) };
  const unloaded: Poses = { ready: false, estimate: async () => ({ kind: 'unavailable' }) };
  const states: readonly [string, string, Parameters<typeof serverIn>][] = [
    [SIZE, 'no_secret', [{}, { secret: 'a long random text' }]],
    [SIZE, 'too_often', [{}, { requestsPerMinute: 1 }]],
    [SIZE, 'starting', [{ poses: unloaded }]],
    [SIZE, 'busy', [{ poses: busy }]],
    [SIZE, 'took_too_long', [{ poses: never }, { deadlineMs: 20 }]],
    [SIZE, 'defect', [{ fetcher: { fetch: () => Promise.reject(new Error('a defect')) } }]],
    ['GET /readyz', 'stopping', [{}, {}, { isStopping: true }]],
    ['GET /health', 'starting', [{}, {}, { poseModelLoaded: false }]],
    ['GET /health', 'redis_away', [{}, {}, { redisConnected: false }]],
  ];

  for (const [operation, name, state] of states) {
    it(`${operation} ${name}`, async (t) => {
      const server = await serverIn(...state);
      t.after(() => server.close());
      const [method, path = ''] = operation.split(' ');
      const ask = () =>
        method === 'POST'
          ? server.inject({ method: 'POST', url: path, payload: BODY })
          : server.inject(path);
      if (name === 'too_often') await ask();
      const { statusCode, headers, body } = await ask();
      const answer = new Response(body, {
        status: statusCode,
        headers: { 'content-type': String(headers['content-type']) },
      });
      assert.equal('retry-after' in headers, [429, 503].includes(statusCode) && method === 'POST');
      await assertShown(operation, name, answer);
    });
  }
});

it('every answer that is shown was received here', () => {
  const shown = examples.filter(({ status }) => status !== null);
  const names = new Set(shown.map(({ operation, name }) => `${operation} ${name}`));
  assert.deepEqual([...names].sort(), [...proven].sort());
});
