/** Photos that `/estimate-body` cannot use, and moments at which it cannot answer. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WebImageFetcher } from '../../src/adapters/web/image-fetcher.ts';
import { TaskError } from '../../src/errors.ts';
import type { SizeEvent } from '../../src/ports/events.ts';
import type { ImageFetcher } from '../../src/ports/image-fetcher.ts';
import type { PoseEstimator } from '../../src/pose.ts';
import { ESTIMATORS } from '../../src/sizing/estimators.ts';
import { startHttpHost } from '../support/network/http-host.ts';
import {
  fetcherThatThrows,
  PHOTO,
  posesThatSee,
  preparePoses,
  REQUEST,
  seen,
  startSizeServer,
} from './size-server.ts';

preparePoses();

test('an image that cannot be had is a 400 with the text that clients know', async (t) => {
  const advice = {
    INVALID_IMAGE: 'The photo has a link that is not allowed. Please upload it and try again.',
    IMAGE_UNAVAILABLE: 'The photo could not be loaded just now. Please try again in a moment.',
  };
  const answers = [
    ['INVALID_IMAGE', 'INVALID_IMAGE'],
    ['IMAGE_UNAVAILABLE', 'IMAGE_UNAVAILABLE'],
    ['STORAGE_UNAVAILABLE', 'IMAGE_UNAVAILABLE'],
  ] as const;
  for (const [thrown, code] of answers) {
    const fetcher = fetcherThatThrows(new TaskError(thrown, { detail: 'refused' }));
    const { post, events } = await startSizeServer(t, { fetcher });
    const { status, body } = await post(REQUEST);
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
  const { post } = await startSizeServer(t, { poses });
  const { status, body } = await post(REQUEST);
  assert.deepEqual([status, body.code, body.reasons], [400, 'INVALID_IMAGE', ['too_large']]);
  assert.deepEqual(body.advice, [
    'The photo is too large. Please use an image of at most 10 MB and 50 megapixels.',
  ]);
});

test('a photo that cannot be measured is a 422 with its reasons', async (t) => {
  const poses = posesThatSee({ kind: 'observed', observation: seen.halfBody });
  const { post, events } = await startSizeServer(t, { poses });
  const { status, body } = await post(REQUEST);
  assert.equal(status, 422);
  assert.equal(body.detail, 'Could not detect full body pose from image');
  assert.equal(body.code, 'PHOTO_NOT_USABLE');
  assert.ok((body.reasons as string[]).includes('feet_not_visible'));
  assert.equal((body.advice as string[]).length, (body.reasons as string[]).length);
  assert.equal(events.at(-1)?.event, 'size_rec_pose_estimation_failed');
});

test('a photo without a person is a 422, whatever the estimator', async (t) => {
  const poses = posesThatSee({ kind: 'observed', observation: seen.empty });
  for (const estimator of Object.values(ESTIMATORS)) {
    const { post } = await startSizeServer(t, { poses, estimator });
    const { status, body } = await post(REQUEST);
    assert.deepEqual([status, body.reasons], [422, ['no_person']]);
  }
});

test('without a model it is a 503 before anything is downloaded', async (t) => {
  const { post, events } = await startSizeServer(t, {
    poses: { ready: false, estimate: async () => ({ kind: 'unavailable' }) },
    fetcher: fetcherThatThrows(new Error('no one should ask')),
  });
  const { status, body, headers } = await post(REQUEST);
  assert.equal(status, 503);
  assert.equal(body.detail, 'Pose estimation service is temporarily unavailable');
  assert.equal(body.code, 'MODEL_NOT_LOADED');
  assert.equal(headers['retry-after'], '1');
  assert.equal(events.at(-1)?.event, 'size_rec_model_not_loaded');
});

test('when too many photos wait it is a 503 with Retry-After', async (t) => {
  const { post, events } = await startSizeServer(t, { poses: posesThatSee({ kind: 'busy' }) });
  const { status, body, headers } = await post(REQUEST);
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
  const { post } = await startSizeServer(t, { fetcher }, { maxUnderWay: 1 });
  const first = post(REQUEST);
  await arrived.promise;
  assert.equal((await post(REQUEST)).body.code, 'BUSY');
  image.resolve(PHOTO);
  assert.equal((await first).status, 200);
  assert.equal((await post(REQUEST)).status, 200);
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
  const { post } = await startSizeServer(t, { poses }, { deadlineMs: 20 });
  const { status, body } = await post(REQUEST);
  assert.deepEqual([status, body.code, stopped], [503, 'TOOK_TOO_LONG', true]);
});

test('an unexpected error is a 500 that reveals nothing about it', async (t) => {
  const fetcher = fetcherThatThrows(new Error('secret: https://a.example/?token=1'));
  const { post, events } = await startSizeServer(t, { fetcher });
  const { status, body } = await post(REQUEST);
  assert.equal(status, 500);
  const detail = 'Failed to estimate body measurements';
  assert.deepEqual(body, { detail, code: 'INTERNAL', reasons: [] });
  assert.equal(events.at(-1)?.event, 'size_rec_unexpected_error');
});

test('a client that hangs up ends the work for it, and counts as gone', async (t) => {
  await using host = await startHttpHost(() => undefined);
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
  const record = ({ event }: SizeEvent) => {
    events.push(event);
    if (events.length === 2) gone.resolve();
  };
  const { server } = await startSizeServer(t, { fetcher, record });
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
