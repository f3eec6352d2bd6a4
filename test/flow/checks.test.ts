/**
 * The check of the person's photo and the picture check, observed and enforced, in the real worker:
 * what is delivered, what is paid for, and what is given back.
 */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, afterEach, before, it } from 'node:test';
import { dressedPictures } from '../../local/openai/dressed-pictures.ts';
import { createStore, type TryOn, uploadPhoto } from '../../local/platform.ts';
import { GARMENTS, PEOPLE } from '../../local/samples/samples.ts';
import {
  assertCompleted,
  assertRefundedOnce,
  openShop,
  orderTryOn,
  photo,
  push,
  type Shop,
  settledRow,
} from '../support/shop.ts';
import { poseModelFolder } from '../support/sizing/pose-models.ts';
import {
  QUICK_RECOVERY,
  startWorkerProcess,
  type WorkerProcess,
} from '../support/worker-process.ts';

/** A busy machine needs longer than the usual 5 s. */
const AMPLE = { CHECK_TIMEOUT_SECONDS: '60' };
const ENFORCED = { PICTURE_CHECK: 'enforce', PERSON_CHECK: 'enforce' };

let shop: Shop;
/** How many of the next pictures show the person as in the photo, without the garment. */
let badPictures = 0;
const workers = new Set<WorkerProcess>();

before(async () => {
  const draw = dressedPictures(await poseModelFolder());
  shop = await openShop({
    openai: {
      draw: (form) => {
        badPictures -= 1;
        return draw(badPictures >= 0 ? { ...form, images: form.images.slice(0, 1) } : form);
      },
    },
  });
});

afterEach(async () => {
  await Promise.all([...workers].map((worker) => worker[Symbol.asyncDispose]()));
  workers.clear();
});

after(() => shop?.[Symbol.asyncDispose]());

/** A worker whose pose threads are ready. */
async function startWorker(env: Record<string, string> = {}): Promise<WorkerProcess> {
  const worker = await startWorkerProcess({
    ...shop.stack.env,
    ...QUICK_RECOVERY,
    ...AMPLE,
    ...env,
  });
  workers.add(worker);
  await worker.logged('pose_model_loaded');
  return worker;
}

/** A try-on of the shirt, by a store; how many calls it has cost can be asked. */
async function order(person?: Buffer): Promise<{ tryOn: TryOn; calls: () => number }> {
  const { platform, stack } = shop;
  const store = await createStore(platform);
  const [body, shirt] = [
    person ?? (await readFile(PEOPLE.ben.file)),
    await readFile(GARMENTS.stripedShirt),
  ];
  const imageUrls = [
    await uploadPhoto(platform, store, { bytes: body }),
    await uploadPhoto(platform, store, { bytes: shirt }),
  ];
  const before = stack.openai.calls.length;
  const tryOn = await orderTryOn(platform, store, { imageUrls });
  return { tryOn, calls: () => stack.openai.calls.length - before };
}

it('a bad picture is delivered and reported in observe mode', async () => {
  const worker = await startWorker();
  badPictures = 1;
  const { tryOn, calls } = await order();
  await push(shop.platform, tryOn);
  await assertCompleted(shop, tryOn);
  const { findings, refused } = await worker.logged('picture_checked');
  assert.deepEqual([findings, refused], [['unchanged'], false]);
  assert.equal((await worker.logged('person_checked')).finding, null);
  assert.equal(calls(), 1);
});

it('a good picture passes the check', async () => {
  const worker = await startWorker(ENFORCED);
  badPictures = 0;
  const { tryOn, calls } = await order();
  await push(shop.platform, tryOn);
  await assertCompleted(shop, tryOn);
  assert.deepEqual((await worker.logged('picture_checked')).findings, []);
  assert.equal(calls(), 1);
});

it('a rejected picture is made once more, and the good one is delivered', async () => {
  const worker = await startWorker(ENFORCED);
  badPictures = 1;
  const { tryOn, calls } = await order();
  await push(shop.platform, tryOn);
  await assertCompleted(shop, tryOn);
  await worker.logged('generation_retried', ({ code }) => code === 'PICTURE_REJECTED');
  assert.equal(calls(), 2);
});

it('a rejected picture is made once more by another provider, if any', async () => {
  const worker = await startWorker({ ...ENFORCED, IMAGE_PROVIDERS: 'openai,replicate' });
  badPictures = 1;
  const before = shop.stack.replicate.predictions.length;
  const { tryOn, calls } = await order();
  await push(shop.platform, tryOn);
  await assertCompleted(shop, tryOn);
  await worker.logged('generation_retried', ({ code }) => code === 'PICTURE_REJECTED');
  assert.equal(calls(), 1);
  assert.equal(shop.stack.replicate.predictions.length - before, 1);
});

it('a task whose picture is rejected twice fails, and is paid back once', async () => {
  await startWorker(ENFORCED);
  badPictures = 2;
  const { tryOn, calls } = await order();
  await push(shop.platform, tryOn);
  const row = await settledRow(shop, tryOn);
  assert.match(row.error_message, /did not turn out well/);
  assert.equal(row.generated_image_url, null);
  await refundedOnce(tryOn);
  assert.equal(calls(), 2);
});

it('a process killed after a rejection leaves one more call, not two', async () => {
  const killed = await startWorker(ENFORCED);
  badPictures = 2;
  const { tryOn, calls } = await order();
  await push(shop.platform, tryOn);
  await killed.logged('generation_retried');
  await killed.end('SIGKILL');
  await startWorker(ENFORCED);
  assert.equal((await settledRow(shop, tryOn)).status, 'failed');
  await refundedOnce(tryOn);
  assert.equal(calls(), 2);
});

it('a process killed while it checks costs one more call, like any cut-off', async () => {
  const killed = await startWorker(ENFORCED);
  badPictures = 0;
  const { tryOn, calls } = await order();
  await push(shop.platform, tryOn);
  await killed.logged('provider_call_succeeded');
  await killed.end('SIGKILL');
  await startWorker(ENFORCED);
  await assertCompleted(shop, tryOn);
  assert.ok(calls() <= 2);
});

it('a collected picture is checked, and made once more when rejected', async () => {
  const env = { ...ENFORCED, IMAGE_PROVIDERS: 'replicate' };
  const { replicate } = shop.stack;
  const killed = await startWorker(env);
  badPictures = 1;
  const { tryOn } = await order();
  const before = replicate.predictions.length;
  const waiting = replicate.faults.add({ path: /predictions\/\w+$/, kind: 'hang' });
  await push(shop.platform, tryOn);
  await waiting.hit;
  await killed.end('SIGKILL');
  replicate.faults.clear();
  const worker = await startWorker(env);
  await assertCompleted(shop, tryOn);
  const { findings, refused } = await worker.logged('picture_checked');
  assert.deepEqual([findings, refused], [['unchanged'], true]);
  await worker.logged('picture_checked', (line) => line.refused === false);
  assert.equal(replicate.predictions.length - before, 2);
});

it('a photo without a person is refused unpaid, and the credit goes back', async () => {
  const worker = await startWorker(ENFORCED);
  const { tryOn, calls } = await order(await photo('#8899aa', 600, 800));
  await push(shop.platform, tryOn);
  const row = await settledRow(shop, tryOn);
  assert.match(row.error_message, /We cannot find a person in the photo of the person/);
  await refundedOnce(tryOn);
  assert.equal((await worker.logged('person_checked')).refused, true);
  assert.equal(calls(), 0);
});

async function refundedOnce(tryOn: TryOn): Promise<void> {
  const [worker] = [...workers].slice(-1);
  await worker?.logged('credit_refunded', tryOn);
  await assertRefundedOnce(shop, tryOn);
}
