/** `/estimate-body` over HTTP: its answers, its refusals, its limits and what it logs. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, type TestContext, test } from 'node:test';
import type { FastifyInstance } from 'fastify';
import { estimatePose } from '../../src/adapters/mediapipe/estimate-pose.ts';
import { loadPoseModels } from '../../src/adapters/mediapipe/models.ts';
import { PosePool } from '../../src/adapters/mediapipe/pose-pool.ts';
import { WebImageFetcher } from '../../src/adapters/web/image-fetcher.ts';
import { TaskError } from '../../src/errors.ts';
import {
  type EstimateBodyDeps,
  type EstimateBodyProtection,
  registerEstimateBody,
} from '../../src/http/estimate-body.ts';
import { createServer } from '../../src/http/server.ts';
import type { SizeRecEvent } from '../../src/http/size-events.ts';
import type { ImageFetcher } from '../../src/ports/image-fetcher.ts';
import type { PhotoObservation, PoseEstimator, PoseOutcome } from '../../src/pose.ts';
import { ESTIMATORS } from '../../src/sizing/estimators.ts';
import { BUILT_IN_CHARTS } from '../../src/sizing/size-chart.ts';
import { startImageHost } from '../support/image-host.ts';
import { OVERSIZED } from '../support/oversized-requests.ts';
import { FIXTURES } from '../support/pose-goldens.ts';
import { poseModelFolder } from '../support/pose-models.ts';

const PHOTO = readFileSync(join(FIXTURES, 's1_00.jpg'));
const EMPTY: PhotoObservation = {
  widthPx: 1,
  heightPx: 1,
  luminance: 0,
  detections: [],
  pose: null,
  mirrored: null,
};
const ANYBODY = { image_url: 'https://images.example.com/a.jpg?token=secret', height_cm: 175 };

/** What the pose model sees in the pictures that the tests need. */
const seen = { person: EMPTY, halfBody: EMPTY, nobody: EMPTY };

before(async () => {
  const models = await loadPoseModels(await poseModelFolder());
  const look = async (file: string) => estimatePose(models, await readFile(join(FIXTURES, file)));
  seen.person = await look('s1_00.jpg');
  seen.halfBody = await look('hard_half_body_45.jpg');
  seen.nobody = await look('hard_no_person_20.jpg');
});

function posesThatSee(outcome: PoseOutcome): PoseEstimator {
  return { ready: true, estimate: async () => outcome };
}

interface Setup {
  readonly server: FastifyInstance;
  readonly events: SizeRecEvent[];
  post(
    body: unknown,
    options?: { query?: string; headers?: Record<string, string> },
  ): Promise<{
    status: number;
    body: Record<string, unknown> & { detail?: unknown };
    headers: Record<string, unknown>;
  }>;
}

async function setup(
  t: TestContext,
  deps: Partial<EstimateBodyDeps> = {},
  protection: Partial<EstimateBodyProtection> = {},
): Promise<Setup> {
  const events: SizeRecEvent[] = [];
  const server = await createServer((error) => {
    throw error;
  });
  t.after(() => server.close());
  await registerEstimateBody(
    server,
    {
      fetcher: { fetch: async () => PHOTO },
      poses: posesThatSee({ kind: 'observed', observation: seen.person }),
      estimator: ESTIMATORS.calibrated,
      charts: BUILT_IN_CHARTS,
      record: (event) => events.push(event),
      ...deps,
    },
    { secret: null, requestsPerMinute: 0, ...protection },
  );
  const post: Setup['post'] = async (body, { query = '', headers = {} } = {}) => {
    const answer = await server.inject({
      method: 'POST',
      url: `/estimate-body${query}`,
      headers: { 'content-type': 'application/json', ...headers },
      payload: typeof body === 'string' ? body : JSON.stringify(body),
    });
    return { status: answer.statusCode, body: answer.json(), headers: answer.headers };
  };
  return { server, events, post };
}

function fetcherThatThrows(error: Error): ImageFetcher {
  return { fetch: () => Promise.reject(error) };
}

test('a photo and a height give the original answer and more', async (t) => {
  const { post } = await setup(t);
  const { status, body } = await post(ANYBODY);
  assert.equal(status, 200);
  assert.deepEqual(Object.keys(body).sort(), [
    'body_type',
    'confidence',
    'estimator',
    'measurements',
    'reasons',
    'recommended_size',
    'size_chart',
    'size_probabilities',
    'size_range',
    'uncertainty_cm',
    'would_help',
  ]);
  const measurements = body.measurements as Record<string, number>;
  const keys = ['chest_cm', 'hip_cm', 'inseam_cm', 'shoulder_cm', 'waist_cm'];
  assert.deepEqual(Object.keys(measurements).sort(), keys);
  for (const value of Object.values(measurements)) assert.ok(value >= 30 && value <= 200);
});

test('the classic estimator gives the four measurements of the original', async (t) => {
  const poses = posesThatSee({ kind: 'observed', observation: seen.halfBody });
  const { post } = await setup(t, { estimator: ESTIMATORS.classic, poses });
  const { status, body } = await post(ANYBODY);
  assert.equal(status, 200);
  const keys = ['chest_cm', 'hip_cm', 'shoulder_cm', 'waist_cm'];
  assert.deepEqual(Object.keys(body.measurements as object).sort(), keys);
  assert.equal(body.estimator, 'classic');
});

test('landmarks come on request only', async (t) => {
  const { post } = await setup(t);
  const { body } = await post(ANYBODY, { query: '?include=landmarks' });
  assert.equal((body.landmarks as unknown[]).length, 33);
  assert.equal((body.world_landmarks as unknown[]).length, 33);
  assert.deepEqual(body.photo_findings, []);
  const refused = await post(ANYBODY, { query: '?include=everything' });
  assert.equal(refused.status, 422);
  assert.deepEqual((refused.body.detail as { loc: string[] }[])[0]?.loc, ['query', 'include']);
});

test('weight, sex, age and a chart are accepted, and the chart is named', async (t) => {
  const { post } = await setup(t);
  const facts = { weight_kg: 70.5, sex: 'female', age: 30, size_chart: 'en13402_women' };
  const { status, body } = await post({ ...ANYBODY, ...facts });
  assert.equal(status, 200);
  assert.equal((body.size_chart as { name: string }).name, 'en13402_women');
});

const OWN_CHART = {
  waist_at: 'navel',
  sizes: [
    { size: 'A', chest: 90, waist: 80 },
    { size: 'B', chest: 110, waist: 100 },
    { size: 'C' },
  ],
};

test('a size chart may be given in the request, and a fit', async (t) => {
  const { post } = await setup(t);
  const sizes = async (fit: string) => {
    const { status, body } = await post({ ...ANYBODY, size_chart: OWN_CHART, fit });
    assert.equal(status, 200);
    assert.deepEqual(body.size_chart, { name: 'inline', source: 'given in the request' });
    const shares = body.size_probabilities as Record<string, number>;
    assert.deepEqual(Object.keys(shares), ['A', 'B', 'C']);
    return shares;
  };
  const [slim, regular, loose] = [
    await sizes('slim'),
    await sizes('regular'),
    await sizes('loose'),
  ];
  // Half a size: with a slim fit the smallest size is recommended more often.
  assert.ok((slim.A ?? 0) > (regular.A ?? 0) && (regular.A ?? 0) > (loose.A ?? 0));
});

test('the answer says why a size was chosen, and what would help', async (t) => {
  const { post } = await setup(t);
  const { body } = await post(ANYBODY);
  const reasons = body.reasons as { girth: string; finding: string; by_cm: number }[];
  assert.deepEqual(
    reasons.map(({ girth }) => girth),
    ['chest', 'waist', 'hip'],
  );
  for (const { finding, by_cm } of reasons) assert.equal(finding === 'in_range', by_cm === 0);
  const help = body.would_help as { input: string; advice: string }[];
  assert.equal(help[0]?.input, 'weight_kg');
  assert.match(help[0]?.advice ?? '', /^Tell your weight/);
});

test('the classic estimator refuses other charts and fits', async (t) => {
  const { post } = await setup(t, { estimator: ESTIMATORS.classic });
  for (const more of [{ size_chart: OWN_CHART }, { size_chart: 'en13402_men' }, { fit: 'slim' }]) {
    assert.equal((await post({ ...ANYBODY, ...more })).status, 422);
  }
  const plain = await post({ ...ANYBODY, size_chart: 'original', fit: 'regular' });
  assert.equal(plain.status, 200);
});

const withChart = (chart: object) => ({ ...ANYBODY, size_chart: { ...OWN_CHART, ...chart } });
const CHART = ['body', 'size_chart'];
const endless = Array.from({ length: 31 }, (_, i) => ({ size: `S${i}`, chest: 60 + i }));

/** Short enough to be taken, too deep for JSON.stringify. */
const NESTED = `{"image_url": "https://images.example.com/a.jpg", "height_cm": 170, "x": ${'['.repeat(7000)}${']'.repeat(7000)}}`;

const INVALID: readonly [what: string, body: unknown, type: string, loc: string[]][] = [
  ['no height', { image_url: ANYBODY.image_url }, 'missing', ['body', 'height_cm']],
  ['a low height', { ...ANYBODY, height_cm: 99.9 }, 'greater_than_equal', ['body', 'height_cm']],
  ['a great height', { ...ANYBODY, height_cm: 250.1 }, 'less_than_equal', ['body', 'height_cm']],
  ['a height in words', { ...ANYBODY, height_cm: '175' }, 'float_type', ['body', 'height_cm']],
  ['a boolean height', { ...ANYBODY, height_cm: true }, 'float_type', ['body', 'height_cm']],
  ['no link', { height_cm: 175 }, 'missing', ['body', 'image_url']],
  [
    'a link to a file',
    { ...ANYBODY, image_url: 'file:///etc/passwd' },
    'url_scheme',
    ['body', 'image_url'],
  ],
  ['half a link', { ...ANYBODY, image_url: 'images/a.jpg' }, 'url_parsing', ['body', 'image_url']],
  [
    'a link without host',
    { ...ANYBODY, image_url: 'https://' },
    'url_parsing',
    ['body', 'image_url'],
  ],
  ['a number as link', { ...ANYBODY, image_url: 5 }, 'url_type', ['body', 'image_url']],
  [
    'an endless link',
    { ...ANYBODY, image_url: `https://a.example/${'a'.repeat(8192)}` },
    'url_too_long',
    ['body', 'image_url'],
  ],
  ['an unknown key', { ...ANYBODY, shoe_size: 44 }, 'extra_forbidden', ['body', 'shoe_size']],
  ['an unknown sex', { ...ANYBODY, sex: 'x' }, 'literal_error', ['body', 'sex']],
  ['a low weight', { ...ANYBODY, weight_kg: 29 }, 'greater_than_equal', ['body', 'weight_kg']],
  ['a child', { ...ANYBODY, age: 17 }, 'greater_than_equal', ['body', 'age']],
  ['an unknown chart', { ...ANYBODY, size_chart: 'x' }, 'literal_error', ['body', 'size_chart']],
  ['a number as chart', { ...ANYBODY, size_chart: 5 }, 'literal_error', CHART],
  ['a list as chart', { ...ANYBODY, size_chart: [] }, 'model_attributes_type', CHART],
  ['a chart without sizes', { ...ANYBODY, size_chart: {} }, 'missing', [...CHART, 'sizes']],
  ['a chart of one size', withChart({ sizes: [{ size: 'A' }] }), 'too_short', [...CHART, 'sizes']],
  ['a chart of 31 sizes', withChart({ sizes: endless }), 'too_long', [...CHART, 'sizes']],
  [
    'a chart of falling sizes',
    withChart({ sizes: endless.slice(0, 9).reverse() }),
    'value_error',
    CHART,
  ],
  ['a chart with a waist from nowhere', withChart({ waist_at: undefined }), 'value_error', CHART],
  [
    'a chart with a size in small letters',
    withChart({ sizes: [{ size: 'small', chest: 90 }, { size: 'L' }] }),
    'value_error',
    [...CHART, 'sizes', '0', 'size'],
  ],
  [
    'a chart with a girth of 9 m',
    withChart({ sizes: [{ size: 'S', chest: 900 }, { size: 'L' }] }),
    'less_than_equal',
    [...CHART, 'sizes', '0', 'chest'],
  ],
  [
    'an unknown key in a chart',
    withChart({ colour: 'red' }),
    'extra_forbidden',
    [...CHART, 'colour'],
  ],
  [
    'an endless source',
    withChart({ source: 'a'.repeat(301) }),
    'string_too_long',
    [...CHART, 'source'],
  ],
  ['an unknown fit', { ...ANYBODY, fit: 'baggy' }, 'literal_error', ['body', 'fit']],
  ['a list', [], 'model_attributes_type', ['body']],
  ['broken JSON', '{"image_url": ', 'json_invalid', ['body']],
  ['nothing', '', 'missing', ['body']],
  ['null', null, 'missing', ['body']],
  ['nesting too deep to be written out again', NESTED, 'extra_forbidden', ['body', 'x']],
];

for (const [what, body, type, loc] of INVALID) {
  test(`${what} is refused with 422 in the form of FastAPI, naming the field`, async (t) => {
    const { post, events } = await setup(t);
    const answer = await post(body);
    assert.equal(answer.status, 422);
    const [error] = answer.body.detail as { type: string; loc: string[]; msg: string }[];
    assert.equal(error?.type, type);
    assert.deepEqual(error?.loc, loc);
    assert.ok((error?.msg ?? '').length > 0);
    assert.equal(answer.body.code, 'INVALID_REQUEST');
    assert.deepEqual(events, []);
  });
}

test('a height of 100 or 250, whole or not, is fine', async (t) => {
  const { post } = await setup(t);
  for (const height_cm of [100, 250, 170.5]) {
    assert.equal((await post({ ...ANYBODY, height_cm })).status, 200);
  }
});

test('links with white space and links of 2,400 characters are accepted', async (t) => {
  const asked: string[] = [];
  const fetcher: ImageFetcher = {
    fetch: async (url) => {
      asked.push(url);
      return PHOTO;
    },
  };
  const { post } = await setup(t, { fetcher });
  const long = `https://a.example/${'a'.repeat(2400)}`;
  for (const image_url of [' https://a.example/my photo.jpg\n', long]) {
    assert.equal((await post({ ...ANYBODY, image_url })).status, 200);
  }
  assert.deepEqual(asked, ['https://a.example/my photo.jpg', long]);
});

test('an image that cannot be had is a 400 with the text that clients know', async (t) => {
  const advice = {
    INVALID_IMAGE: 'The photo has a link that is not allowed. Please upload it and try again.',
    IMAGE_UNAVAILABLE: 'The photo could not be loaded just now. Please try again in a moment.',
  };
  for (const code of ['INVALID_IMAGE', 'IMAGE_UNAVAILABLE'] as const) {
    const fetcher = fetcherThatThrows(new TaskError(code, { detail: 'refused' }));
    const { post, events } = await setup(t, { fetcher });
    const { status, body } = await post(ANYBODY);
    assert.equal(status, 400);
    assert.deepEqual(body, {
      detail: 'Invalid or inaccessible image URL',
      code,
      reasons: ['refused'],
      advice: [advice[code]],
    });
    assert.equal(events.at(-1)?.event, 'size_rec_image_download_failed');
  }
});

test('a file that is no usable picture is a 400 too', async (t) => {
  const poses = posesThatSee({ kind: 'unusable_image', detail: 'too_large' });
  const { post } = await setup(t, { poses });
  const { status, body } = await post(ANYBODY);
  assert.deepEqual([status, body.code, body.reasons], [400, 'INVALID_IMAGE', ['too_large']]);
  assert.deepEqual(body.advice, [
    'The photo is too large. Please use an image of at most 10 MB and 50 megapixels.',
  ]);
});

test('a photo that cannot be measured is a 422 with its reasons', async (t) => {
  const poses = posesThatSee({ kind: 'observed', observation: seen.halfBody });
  const { post, events } = await setup(t, { poses });
  const { status, body } = await post(ANYBODY);
  assert.equal(status, 422);
  assert.equal(body.detail, 'Could not detect full body pose from image');
  assert.equal(body.code, 'PHOTO_NOT_USABLE');
  assert.ok((body.reasons as string[]).includes('feet_not_visible'));
  assert.equal((body.advice as string[]).length, (body.reasons as string[]).length);
  assert.equal(events.at(-1)?.event, 'size_rec_pose_estimation_failed');
});

test('a photo without a person is a 422, whatever the estimator', async (t) => {
  const poses = posesThatSee({ kind: 'observed', observation: seen.nobody });
  for (const estimator of Object.values(ESTIMATORS)) {
    const { post } = await setup(t, { poses, estimator });
    const { status, body } = await post(ANYBODY);
    assert.deepEqual([status, body.reasons], [422, ['no_person']]);
  }
});

test('without a model it is a 503 before anything is downloaded', async (t) => {
  const { post, events } = await setup(t, {
    poses: { ready: false, estimate: async () => ({ kind: 'unavailable' }) },
    fetcher: fetcherThatThrows(new Error('nobody should ask')),
  });
  const { status, body, headers } = await post(ANYBODY);
  assert.equal(status, 503);
  assert.equal(body.detail, 'Pose estimation service is temporarily unavailable');
  assert.equal(body.code, 'MODEL_NOT_LOADED');
  assert.equal(headers['retry-after'], '1');
  assert.equal(events.at(-1)?.event, 'size_rec_model_not_loaded');
});

test('when too many photos wait it is a 503 with Retry-After', async (t) => {
  const { post, events } = await setup(t, { poses: posesThatSee({ kind: 'busy' }) });
  const { status, body, headers } = await post(ANYBODY);
  assert.deepEqual([status, body.code, headers['retry-after']], [503, 'BUSY', '1']);
  assert.equal(events.at(-1)?.event, 'size_rec_request_shed');
});

test('when too many requests are under way the next is a 503 at once', async (t) => {
  const arrived = Promise.withResolvers<void>();
  const image = Promise.withResolvers<Uint8Array>();
  const fetcher: ImageFetcher = {
    fetch: () => {
      arrived.resolve();
      return image.promise;
    },
  };
  const { post } = await setup(t, { fetcher }, { maxUnderWay: 1 });
  const first = post(ANYBODY);
  await arrived.promise;
  assert.equal((await post(ANYBODY)).body.code, 'BUSY');
  image.resolve(PHOTO);
  assert.equal((await first).status, 200);
  assert.equal((await post(ANYBODY)).status, 200);
});

test('past its deadline a request is a 503, and its work is aborted', async (t) => {
  let stopped = false;
  const poses: PoseEstimator = {
    ready: true,
    estimate: (_image, signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          stopped = true;
          reject(signal.reason);
        });
      }),
  };
  const { post } = await setup(t, { poses }, { deadlineMs: 20 });
  const { status, body } = await post(ANYBODY);
  assert.deepEqual([status, body.code, stopped], [503, 'TOOK_TOO_LONG', true]);
});

test('an error that no one foresaw is a 500 that says nothing about it', async (t) => {
  const fetcher = fetcherThatThrows(new Error('secret: https://a.example/?token=1'));
  const { post, events } = await setup(t, { fetcher });
  const { status, body } = await post(ANYBODY);
  assert.equal(status, 500);
  const detail = 'Failed to estimate body measurements';
  assert.deepEqual(body, { detail, code: 'INTERNAL', reasons: [] });
  assert.equal(events.at(-1)?.event, 'size_rec_unexpected_error');
});

test('the request id is returned, also on refusals, or made when missing', async (t) => {
  const { post, events } = await setup(t);
  const given = { headers: { 'x-request-id': 'shop 42/order-7' } };
  const answer = await post(ANYBODY, given);
  assert.equal(answer.headers['x-request-id'], given.headers['x-request-id']);
  assert.equal(events[0]?.requestId, given.headers['x-request-id']);
  assert.equal((await post({}, given)).headers['x-request-id'], given.headers['x-request-id']);
  const made = (await post(ANYBODY)).headers['x-request-id'];
  assert.match(
    String(made),
    /^req_[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
  );
  const endless = { headers: { 'x-request-id': 'a'.repeat(300) } };
  assert.match(String((await post(ANYBODY, endless)).headers['x-request-id']), /^req_/);
});

test('the log names the link by twelve digits of its hash and nothing else', async (t) => {
  const { post, events } = await setup(t);
  await post(ANYBODY);
  assert.deepEqual(
    events.map(({ event }) => event),
    ['size_rec_request_started', 'size_rec_request_succeeded'],
  );
  const [started] = events;
  assert.equal(
    started?.event === 'size_rec_request_started' && started.imageUrlHash,
    'd05e6fe0af20',
  );
  assert.ok(!JSON.stringify(events).includes('images.example.com'));
});

test('with a secret only those who know it get in', async (t) => {
  const { post } = await setup(t, {}, { secret: 'open sesame' });
  assert.equal((await post(ANYBODY)).status, 401);
  assert.equal((await post(ANYBODY, { headers: { 'x-worker-secret': 'open' } })).status, 401);
  const right = { headers: { 'x-worker-secret': 'open sesame' } };
  assert.equal((await post(ANYBODY, right)).status, 200);
});

test('a client that asks too often gets 429 with Retry-After', async (t) => {
  const { post } = await setup(t, {}, { requestsPerMinute: 2 });
  const statuses = [await post(ANYBODY), await post(ANYBODY)].map(({ status }) => status);
  assert.deepEqual(statuses, [200, 200]);
  const refused = await post(ANYBODY);
  assert.equal(refused.status, 429);
  assert.ok(Number(refused.headers['retry-after']) >= 25);
});

test('wrong secrets are counted like requests', async (t) => {
  const { post } = await setup(t, {}, { secret: 'open sesame', requestsPerMinute: 2 });
  const guess = () => post(ANYBODY, { headers: { 'x-worker-secret': 'guess' } });
  const statuses = [await guess(), await guess(), await guess()].map(({ status }) => status);
  assert.deepEqual(statuses, [401, 401, 429]);
});

test('an IPv6 /64 is one client', async (t) => {
  const { server } = await setup(t, {}, { requestsPerMinute: 2 });
  const ask = async (remoteAddress: string) => {
    const url = '/estimate-body';
    return (await server.inject({ method: 'POST', url, payload: ANYBODY, remoteAddress }))
      .statusCode;
  };
  assert.equal(await ask('2001:db8:1:2::1'), 200);
  assert.equal(await ask('2001:db8:1:2:ffff::2'), 200);
  assert.equal(await ask('2001:db8:1:2:1:2:3:4'), 429);
  assert.equal(await ask('2001:db8:1:3::1'), 200);
});

test('a refusal is short, however long and faulty the request is', async (t) => {
  const { server } = await setup(t);
  for (const payload of OVERSIZED) {
    const headers = { 'content-type': 'application/json' };
    const answer = await server.inject({ method: 'POST', url: '/estimate-body', headers, payload });
    assert.equal(answer.statusCode, 422);
    const { length } = answer.rawPayload;
    assert.ok(length <= 8_192, `${payload.slice(0, 30)} gave ${length} bytes`);
    assert.ok((answer.json().detail as unknown[]).length <= 10);
  }
});

test('other origins are not let in, and a form is not a request', async (t) => {
  const { server, post } = await setup(t);
  const answer = await post(ANYBODY, { headers: { origin: 'https://shop.example' } });
  assert.equal(answer.headers['access-control-allow-origin'], undefined);
  const form = { 'content-type': 'application/x-www-form-urlencoded' };
  const payload = 'height_cm=175';
  const sent = await server.inject({
    method: 'POST',
    url: '/estimate-body',
    headers: form,
    payload,
  });
  assert.equal(sent.statusCode, 415);
  assert.equal((await server.inject({ method: 'GET', url: '/estimate-body' })).statusCode, 405);
});

test('with the real fetcher and the real pose model a photo becomes a size', async (t) => {
  await using host = await startImageHost((_request, response) => {
    response.writeHead(200, { 'content-type': 'image/jpeg' }).end(PHOTO);
  });
  const fetcher = new WebImageFetcher({ trustedOrigins: [host.origin], hostAllowlist: null });
  t.after(() => fetcher[Symbol.asyncDispose]());
  const ready = Promise.withResolvers<void>();
  const modelFolder = await poseModelFolder();
  await using poses = new PosePool({ modelFolder, threads: 1, onReady: ready.resolve });
  await ready.promise;
  const { post } = await setup(t, { fetcher, poses });
  const { status, body } = await post({ image_url: `${host.origin}/a.jpg`, height_cm: 175 });
  assert.equal(status, 200);
  assert.match(String(body.recommended_size), /^(XS|S|M|L|XL|XXL)$/);
  const refused = await post({ image_url: 'http://127.0.0.1:9/a.jpg', height_cm: 175 });
  assert.deepEqual([refused.status, refused.body.code], [400, 'INVALID_IMAGE']);
});

test('a client that hangs up ends the work for it, and counts as gone', async (t) => {
  await using host = await startImageHost(() => undefined);
  const stopped = Promise.withResolvers<void>();
  const started = Promise.withResolvers<void>();
  const real = new WebImageFetcher({ trustedOrigins: [host.origin], hostAllowlist: null });
  t.after(() => real[Symbol.asyncDispose]());
  const fetcher: ImageFetcher = {
    fetch: (url, options) => {
      options.signal.addEventListener('abort', () => stopped.resolve());
      started.resolve();
      return real.fetch(url, options);
    },
  };
  const gone = Promise.withResolvers<void>();
  const events: string[] = [];
  const record = ({ event }: SizeRecEvent) => {
    events.push(event);
    if (events.length === 2) gone.resolve();
  };
  const { server } = await setup(t, { fetcher, record });
  const address = await server.listen({ host: '127.0.0.1', port: 0 });
  const client = new AbortController();
  const request = fetch(`${address}/estimate-body`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ image_url: `${host.origin}/never.jpg`, height_cm: 175 }),
    signal: client.signal,
  });
  await started.promise;
  client.abort();
  await assert.rejects(request);
  await stopped.promise;
  await gone.promise;
  assert.deepEqual(events, ['size_rec_request_started', 'size_rec_client_gone']);
});
