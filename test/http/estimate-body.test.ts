/** `/estimate-body` over HTTP: its answers. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PosePool } from '../../src/adapters/mediapipe/pose-pool.ts';
import { WebImageFetcher } from '../../src/adapters/web/image-fetcher.ts';
import { ESTIMATORS } from '../../src/sizing/estimators.ts';
import { startHttpHost } from '../support/network/http-host.ts';
import { poseModelFolder } from '../support/sizing/pose-models.ts';
import {
  OWN_CHART,
  PHOTO,
  posesThatSee,
  preparePoses,
  REQUEST,
  seen,
  startSizeServer,
} from './size-server.ts';

preparePoses();

/** For an answer that must not come too late, however busy the machine is. */
const AMPLE_MS = 300_000;

test('a photo and a height give the original answer and more', async (t) => {
  const { post } = await startSizeServer(t);
  const { status, body } = await post(REQUEST);
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
  const { post } = await startSizeServer(t, { estimator: ESTIMATORS.classic, poses });
  const { status, body } = await post(REQUEST);
  assert.equal(status, 200);
  const keys = ['chest_cm', 'hip_cm', 'shoulder_cm', 'waist_cm'];
  assert.deepEqual(Object.keys(body.measurements as object).sort(), keys);
  assert.equal(body.estimator, 'classic');
});

test('landmarks come on request only', async (t) => {
  const { post } = await startSizeServer(t);
  const { body } = await post(REQUEST, { query: '?include=landmarks' });
  assert.equal((body.landmarks as unknown[]).length, 33);
  assert.equal((body.world_landmarks as unknown[]).length, 33);
  assert.deepEqual(body.photo_findings, []);
  const refused = await post(REQUEST, { query: '?include=everything' });
  assert.equal(refused.status, 422);
  assert.deepEqual((refused.body.detail as { loc: string[] }[])[0]?.loc, ['query', 'include']);
});

test('weight, sex, age and a chart are accepted, and the chart is named', async (t) => {
  const { post } = await startSizeServer(t);
  const facts = { weight_kg: 70.5, sex: 'female', age: 30, size_chart: 'en13402_women' };
  const { status, body } = await post({ ...REQUEST, ...facts });
  assert.equal(status, 200);
  assert.equal((body.size_chart as { name: string }).name, 'en13402_women');
});

test('a size chart may be given in the request, and a fit', async (t) => {
  const { post } = await startSizeServer(t);
  const sizes = async (fit: string) => {
    const { status, body } = await post({ ...REQUEST, size_chart: OWN_CHART, fit });
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
  const { post } = await startSizeServer(t);
  const { body } = await post(REQUEST);
  const reasons = body.reasons as { girth: string; finding: string; by_cm: number }[];
  assert.deepEqual(
    reasons.map(({ girth }) => girth),
    ['chest', 'waist', 'hip'],
  );
  for (const { finding, by_cm } of reasons) assert.equal(finding === 'in_range', by_cm === 0);
  const help = body.would_help as { input: string; advice: string }[];
  assert.equal(help[0]?.input, 'weight_kg');
  assert.match(help[0]?.advice ?? '', /^Enter your weight/);
});

test('the classic estimator refuses other charts and fits', async (t) => {
  const { post } = await startSizeServer(t, { estimator: ESTIMATORS.classic });
  for (const more of [{ size_chart: OWN_CHART }, { size_chart: 'en13402_men' }, { fit: 'slim' }]) {
    assert.equal((await post({ ...REQUEST, ...more })).status, 422);
  }
  const plain = await post({ ...REQUEST, size_chart: 'original', fit: 'regular' });
  assert.equal(plain.status, 200);
});

test('with the real fetcher and the real pose model a photo becomes a size', async (t) => {
  await using host = await startHttpHost((_request, response) => {
    response.writeHead(200, { 'content-type': 'image/jpeg' }).end(PHOTO);
  });
  const fetcher = new WebImageFetcher({ trustedOrigins: [host.origin], hostAllowlist: null });
  t.after(() => fetcher[Symbol.asyncDispose]());
  const ready = Promise.withResolvers<void>();
  const modelFolder = await poseModelFolder();
  await using poses = new PosePool({ modelFolder, threads: 1, onReady: ready.resolve });
  await ready.promise;
  const { post } = await startSizeServer(t, { fetcher, poses }, { deadlineMs: AMPLE_MS });
  const { status, body } = await post({ image_url: `${host.origin}/a.jpg`, height_cm: 175 });
  assert.equal(status, 200);
  assert.match(String(body.recommended_size), /^(XS|S|M|L|XL|XXL)$/);
  const refused = await post({ image_url: 'http://127.0.0.1:9/a.jpg', height_cm: 175 });
  assert.deepEqual([refused.status, refused.body.code], [400, 'INVALID_IMAGE']);
});
