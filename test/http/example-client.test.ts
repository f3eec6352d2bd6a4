/**
 * Clients of /estimate-body against a real worker: the package's, whose types are the worker's own, and one
 * that a generator makes from the API document.
 */
import assert from 'node:assert/strict';
import { mkdtempDisposable, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import type { z } from 'zod';
import { createPerson, uploadPhoto } from '../../local/platform.ts';
import { until } from '../../local/until.ts';
import {
  type BodyEstimate,
  estimateBody,
  type SizeRequest,
} from '../../packages/client/src/index.ts';
import type {
  EstimateBodyInput,
  estimateBodyAnswer,
} from '../../src/http/estimate-body-schemas.ts';
import { afterTests } from '../support/after-tests.ts';
import { startHttpHost } from '../support/network/http-host.ts';
import { openShop } from '../support/shop.ts';
import { FIXTURES } from '../support/sizing/pose-goldens.ts';
import { startWorkerProcess } from '../support/worker-process.ts';
import { generatedCaller } from './generated-client.ts';

/**
 * Fails to compile ("true" for "never") when one has what the other has not: change the types of
 * packages/client/src/estimate-body.ts too.
 */
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : never) : never;
type DeepReadonly<T> = { readonly [K in keyof T]: DeepReadonly<T[K]> };
type WithoutLandmarks = Omit<
  z.output<typeof estimateBodyAnswer>,
  'landmarks' | 'world_landmarks' | 'photo_findings'
>;
true satisfies Same<SizeRequest, DeepReadonly<EstimateBodyInput>>;
true satisfies Same<BodyEstimate, DeepReadonly<WithoutLandmarks>>;

const SECRET = 'open sesame';
/** A busy machine may answer in time only when it is less busy. */
const AMPLE_MS = 400_000;

const shop = afterTests.use(await openShop());
const storage = afterTests.use(
  await startHttpHost((_request, response) => response.writeHead(503).end()),
);
const worker = afterTests.use(
  await startWorkerProcess({
    ...shop.stack.env,
    ESTIMATE_BODY_SECRET: SECRET,
    IMAGE_TRUSTED_ORIGINS: storage.origin,
  }),
);
await worker.logged('pose_model_loaded');

async function uploaded(file: string): Promise<string> {
  const bytes = await readFile(join(FIXTURES, file));
  return uploadPhoto(shop.platform, await createPerson(shop.platform), { bytes });
}

/** Asks, as a client should, again when it is asked to try later: a busy machine may take too long. */
async function ask(file: string, secret = SECRET) {
  const image_url = await uploaded(file);
  const client = { workerUrl: worker.address, secret };
  const given = async () => {
    const answer = await estimateBody(client, { image_url, height_cm: 170.7 }, 'req_example');
    return answer.kind !== 'try_later' && answer;
  };
  return until('an answer', given, AMPLE_MS);
}

it('it gets a size for a photo that can be measured', async () => {
  const answer = await ask('s1_00.jpg');
  assert.ok(answer.kind === 'estimated');
  assert.match(answer.estimate.recommended_size, /^(XS|S|M|L|XL|XXL)$/);
  assert.ok(answer.estimate.measurements.chest_cm > 70);
});

it('it gets advice for one that cannot', async () => {
  const answer = await ask('hard_half_body_45.jpg');
  assert.ok(answer.kind === 'unusable_photo');
  assert.deepEqual(answer.reasons, ['feet_not_visible']);
  assert.match(answer.advice[0] ?? '', /Step back/);
});

it('it tries later when the host of the photo is down', async () => {
  const image_url = `${storage.origin}/a.jpg`;
  const client = { workerUrl: worker.address, secret: SECRET };
  const answer = await estimateBody(client, { image_url, height_cm: 170.7 }, 'req_example');
  assert.deepEqual(answer, { kind: 'try_later', retryAfterSeconds: 2 });
});

it('it tries later after a proxy that writes a date as Retry-After', async () => {
  await using proxy = await startHttpHost((_request, response) =>
    response.writeHead(503, { 'retry-after': new Date().toUTCString() }).end(),
  );
  const request = { image_url: 'https://a.example/b.jpg', height_cm: 170 };
  const answer = await estimateBody({ workerUrl: proxy.origin }, request, 'req_example');
  assert.deepEqual(answer, { kind: 'try_later', retryAfterSeconds: 2 });
});

it('it distinguishes a wrong secret from a worker that is away', async () => {
  const refused = await ask('s1_00.jpg', 'wrong');
  assert.deepEqual(refused, { kind: 'refused', status: 401, code: 'UNAUTHORIZED' });
  const away = { workerUrl: 'http://127.0.0.1:1' };
  const answer = await estimateBody(
    away,
    { image_url: 'https://a.example/b.jpg', height_cm: 170 },
    'r',
  );
  assert.equal(answer.kind, 'try_later');
});

/** For `catch`: null when the worker asks to try later. */
function unlessBusy(error: { status?: number }): null {
  if (error.status !== 503) throw error;
  return null;
}

it('a client generated from the API document gets answers and refusals', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'generated-client-'));
  const document = await (await fetch(`${worker.address}/docs/openapi.json`)).json();
  const target = { address: worker.address, secret: SECRET };
  const caller = await generatedCaller(document as object, folder.path, target);
  assert.ok(await caller.isReady());
  const photo = await uploaded('s1_00.jpg');
  const sized = () => caller.sizeOf(photo).catch(unlessBusy);
  const { size, chestCm, landmarks } = await until('a size', sized, AMPLE_MS);
  assert.match(size, /^(XS|S|M|L|XL|XXL)$/);
  assert.ok(chestCm > 70);
  assert.equal(landmarks, 33);
  const halfBody = await uploaded('hard_half_body_45.jpg');
  const refused = async () => {
    const refusal = await caller.refusalOf(halfBody);
    return refusal.status !== 503 && refusal;
  };
  const refusal = await until('a refusal', refused, AMPLE_MS);
  assert.deepEqual(refusal, { status: 422, code: 'PHOTO_NOT_USABLE' });
});
