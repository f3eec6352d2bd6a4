/**
 * Storage that answers as it really does while it restarts or refuses: what is stored stays paid
 * once, and what cannot be stored is not paid.
 */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createPerson, type TryOn } from '../../local/platform.ts';
import { until } from '../../local/until.ts';
import { UPLOAD, useCrashShop } from '../support/crash-shop.ts';
import {
  assertCompleted,
  orderMany,
  orderTryOn,
  picturePath,
  push,
  rowOf,
} from '../support/shop.ts';
import { objectPaths, storeObjects } from '../support/supabase/bucket.ts';
import { readiness, warningsOf } from '../support/worker-status.ts';

const crash = useCrashShop();

const SIGN = { method: 'POST', path: /\/object\/sign\/.*\/generated\// } as const;
/** What the gateway in front of Storage answers while Storage restarts. */
const NO_ROUTE = {
  kind: 'status',
  status: 404,
  body: { message: 'no Route matched with those values' },
} as const;

/** A try-on whose worker was killed when its picture had just been stored. */
async function killedAfterUpload(): Promise<TryOn> {
  const { platform, stack } = crash.shop;
  const tryOn = await orderTryOn(platform, await createPerson(platform));
  const stored = stack.supabase.faults.add({ ...UPLOAD, kind: 'hold-after' });
  const worker = await crash.startWorker();
  await push(platform, tryOn);
  await stored.hit;
  await worker.end('SIGKILL');
  stored.release();
  return tryOn;
}

it('a stored picture is not paid again while Storage restarts', async () => {
  const tryOn = await killedAfterUpload();
  crash.shop.stack.supabase.faults.add({ ...SIGN, ...NO_ROUTE, times: 2 });
  await crash.startWorker();
  await assertCompleted(crash.shop, tryOn);
  assert.equal(crash.paidCalls(), 1);
});

it('the rescue does not refund a stored picture while Storage restarts', async () => {
  const tryOn = await killedAfterUpload();
  await crash.shop.platform.redis.flushall();
  crash.shop.stack.supabase.faults.add({ ...SIGN, ...NO_ROUTE, times: 2 });
  await crash.startWorker({ RESCUE_MIN_AGE_SECONDS: '0' });
  await assertCompleted(crash.shop, tryOn);
});

const FULL_DISK = {
  kind: 'status',
  status: 500,
  body: { statusCode: '500', error: 'Internal', message: 'ENOSPC: no space left on device' },
  times: Number.POSITIVE_INFINITY,
} as const;

it('a full disk costs no paid call and is reported', async () => {
  const { platform, stack } = crash.shop;
  const person = await createPerson(platform, { credits: 30 });
  const tryOns = await orderMany(platform, person, 20);
  const anyUpload = { method: 'POST', path: /\/object\/virtual/ };
  const full = stack.supabase.faults.add({ ...anyUpload, ...FULL_DISK });
  const worker = await crash.startWorker();
  await push(platform, ...tryOns);
  await until('every task to wait', async () => {
    const waiting = worker.lines.filter(({ message }) => message === 'generation_retried');
    return new Set(waiting.map(({ session_id }) => session_id)).size === 20;
  });
  assert.equal(crash.paidCalls(), 0);
  assert.equal(await readiness(worker), 503);
  assert.match((await warningsOf(worker)).join(), /cannot be stored/);
  full.release();
  await assertCompleted(crash.shop, ...tryOns);
  assert.equal(crash.paidCalls(), 20);
  await until('readiness', async () => (await readiness(worker)) === 200);
});

it('photos that Storage does not deliver for a while fail no task', async () => {
  const { platform, stack } = crash.shop;
  const person = await createPerson(platform);
  const [before, during] = await orderMany(platform, person, 2);
  assert.ok(before && during);
  const worker = await crash.startWorker();
  await push(platform, before);
  await assertCompleted(crash.shop, before);
  const opening = { method: 'GET', path: /\/object\/sign\// };
  const away = stack.supabase.faults.add({ ...opening, ...NO_ROUTE, status: 502, times: Infinity });
  await push(platform, during);
  await until('three attempts', () => {
    const retried = worker.lines.filter(({ message }) => message === 'generation_retried');
    return retried.filter(({ session_id }) => session_id === during.sessionId).length >= 3;
  });
  away.release();
  await assertCompleted(crash.shop, during);
  assert.equal(crash.paidCalls(), 2);
});

it('two replicas pay for one picture while pictures are refused', async () => {
  const { platform, stack } = crash.shop;
  const person = await createPerson(platform, { credits: 30 });
  const tryOns = await orderMany(platform, person, 5);
  const [first, ...others] = tryOns;
  assert.ok(first);
  const refused = stack.supabase.faults.add({ ...UPLOAD, ...FULL_DISK });
  const workers = [await crash.startWorker(), await crash.startWorker()];
  const lines = () => workers.flatMap((worker) => worker.lines);
  await push(platform, first);
  await until('the first upload to fail', () =>
    lines().some(({ message }) => message === 'upload_failed'),
  );
  await push(platform, ...others);
  await Promise.all(workers.map((worker) => worker.logged('generation_retried')));
  assert.equal(crash.paidCalls(), 1);
  refused.release();
  await assertCompleted(crash.shop, ...tryOns);
  assert.equal(crash.paidCalls(), tryOns.length);
});

for (const [what, env, says] of [
  [
    'the anonymous key',
    () => ({ SUPABASE_SERVICE_ROLE_KEY: crash.shop.stack.supabase.anonKey }),
    /role "anon"/,
  ],
  [
    'a bucket that is not there',
    () => ({ SUPABASE_BUCKET: 'virtual-tryon-imagse' }),
    /SUPABASE_BUCKET/,
  ],
] as const) {
  it(`with ${what} no task is touched, and the reason is reported`, async () => {
    const { platform } = crash.shop;
    const lost = await killedAfterUpload();
    const tryOn = await orderTryOn(platform, await createPerson(platform));
    const worker = await crash.startWorker({ ...env(), RESCUE_MIN_AGE_SECONDS: '0' });
    await push(platform, tryOn);
    const line = await worker.logged('storage_unusable');
    assert.match(String(line.problem), says);
    assert.equal(await readiness(worker), 503);
    assert.equal(await platform.redis.llen('wearon:tasks:generation'), 1);
    await worker.end('SIGKILL');
    assert.equal((await rowOf(crash.shop, tryOn))?.status, 'queued');
    await crash.startWorker();
    await assertCompleted(crash.shop, tryOn);
    await assertCompleted(crash.shop, lost);
  });
}

it('a picture that arrives after its session has failed is removed', async () => {
  const { platform, stack } = crash.shop;
  const person = await createPerson(platform);
  const [failed, completed] = [
    await orderTryOn(platform, person),
    await orderTryOn(platform, person),
  ];
  for (const [{ sessionId }, status] of [
    [failed, 'failed'],
    [completed, 'completed'],
  ] as const) {
    await stack.database.query(
      `update generation_sessions set status = $2, completed_at = now() - interval '90 s' where id = $1`,
      [sessionId, status],
    );
  }
  await storeObjects(stack, [picturePath(failed), picturePath(completed)], 0);
  await crash.startWorker();
  await until('the late picture to be removed', async () => {
    const paths = await objectPaths(stack);
    assert.ok(paths.includes(picturePath(completed)));
    return !paths.includes(picturePath(failed));
  });
});
