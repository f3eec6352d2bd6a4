/** A worker whose clock disagrees with Redis: tasks are neither failed nor kept for it. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { it } from 'node:test';
import { createPerson } from '../../local/platform.ts';
import { until } from '../../local/until.ts';
import { TASK_LIST } from '../../src/adapters/redis/task-list.ts';
import { useCrashShop } from '../support/crash-shop.ts';
import { assertCompleted, orderTryOn, push, rowOf } from '../support/shop.ts';
import { objectPaths, storeObjects } from '../support/supabase/bucket.ts';
import { startWebhookReceiver, WEBHOOK_SECRET } from '../support/webhook-receiver.ts';
import type { WorkerProcess } from '../support/worker-process.ts';
import { readiness, warningsOf } from '../support/worker-status.ts';

const crash = useCrashShop();
const PRELOAD = new URL('../support/odd-clock.ts', import.meta.url).href;

function startOddWorker(aheadMs: number, env = {}): Promise<WorkerProcess> {
  return crash.startWorker({
    NODE_OPTIONS: `--import=${PRELOAD}`,
    CLOCK_AHEAD_MS: String(aheadMs),
    ...env,
  });
}

it('a worker ten minutes ahead takes and rescues nothing and says why', async () => {
  const { platform } = crash.shop;
  // On no list: by a clock that is right it is too young to be lost.
  const young = await orderTryOn(platform, await createPerson(platform));
  const ahead = await startOddWorker(600_000);
  const tryOn = await orderTryOn(platform, await createPerson(platform));
  await ahead.logged('loop_error', ({ loop }) => loop === 'intake');
  await push(platform, tryOn);
  assert.equal(await readiness(ahead), 503);
  // By what is certain: a slow answer of Redis takes some seconds off.
  assert.match(
    (await warningsOf(ahead)).join(),
    /(59\d|600) s ahead of that of Redis; no task is taken/,
  );
  assert.equal(await platform.redis.llen(TASK_LIST), 1);
  await crash.startWorker();
  await assertCompleted(crash.shop, tryOn);
  assert.ok(!ahead.lines.some(({ message }) => message === 'generation_processing'));
  assert.equal((await rowOf(crash.shop, young))?.status, 'queued');
});

it('a worker some seconds ahead works and warns', async () => {
  const { platform } = crash.shop;
  const ahead = await startOddWorker(20_000);
  const tryOn = await orderTryOn(platform, await createPerson(platform));
  await push(platform, tryOn);
  await assertCompleted(crash.shop, tryOn);
  assert.match((await warningsOf(ahead)).join(), /clock of this machine is (1\d|20) s ahead/);
});

it('a retry is not late when the clock is set back while it waits', async () => {
  const { platform, stack } = crash.shop;
  stack.openai.faults.add({ path: /\/images\/edits/, kind: 'status', status: 500, body: {} });
  const worker = await startOddWorker(-100_000, { CLOCK_JUMPS: '1' });
  const tryOn = await orderTryOn(platform, await createPerson(platform));
  await push(platform, tryOn);
  await worker.logged('generation_retried');
  worker.process.kill('SIGUSR2');
  await assertCompleted(crash.shop, tryOn);
});

it('a clock that jumps a day ahead rescues and deletes nothing', async () => {
  const { platform, stack } = crash.shop;
  const photo = `uploads/model-1-${randomUUID()}.jpg`;
  await storeObjects(stack, [photo], 0);
  // On no list: by a clock that is right it is too young to be lost.
  const young = await orderTryOn(platform, await createPerson(platform));
  const jumps = { CLOCK_JUMPS: '1', RETENTION_INTERVAL_SECONDS: '1' };
  const worker = await startOddWorker(86_400_000, jumps);
  await worker.logged('retention_swept');
  worker.process.kill('SIGUSR2');
  await worker.logged('loop_error', ({ loop }) => loop === 'intake');
  assert.equal((await rowOf(crash.shop, young))?.status, 'queued');
  assert.ok((await objectPaths(stack)).includes(photo));
});

it('an attempt in which the clock jumps a day ahead is not too late', async () => {
  const { platform, stack } = crash.shop;
  const worker = await startOddWorker(86_400_000, { CLOCK_JUMPS: '1' });
  const tryOn = await orderTryOn(platform, await createPerson(platform));
  const photo = stack.supabase.faults.add({ method: 'GET', path: /\/uploads\//, kind: 'hold' });
  await push(platform, tryOn);
  await photo.hit;
  worker.process.kill('SIGUSR2');
  await until('the jump', async () => (await warningsOf(worker)).join().includes('ahead'));
  photo.release();
  await worker.logged('generation_interrupted', tryOn);
  await crash.startWorker();
  await assertCompleted(crash.shop, tryOn);
});

it('a picture took as long as it took when the clock is set back meanwhile', async () => {
  const { platform, stack } = crash.shop;
  const worker = await startOddWorker(-3_600_000, { CLOCK_JUMPS: '1' });
  const tryOn = await orderTryOn(platform, await createPerson(platform));
  const call = stack.openai.faults.add({ path: /\/images\/edits/, kind: 'hold' });
  await push(platform, tryOn);
  await call.hit;
  worker.process.kill('SIGUSR2');
  await until('the jump', async () => (await warningsOf(worker)).join().includes('behind'));
  call.release();
  await assertCompleted(crash.shop, tryOn);
  assert.ok(Number((await rowOf(crash.shop, tryOn)).processing_time_ms) > 0);
  const succeeded = await worker.logged('provider_call_succeeded', tryOn);
  assert.ok(Number(succeeded.duration_ms) > 0);
});

it('a webhook is not given up when the clock jumps a day ahead', async () => {
  const { platform } = crash.shop;
  await using receiver = await startWebhookReceiver((response) => {
    response.writeHead(receiver.received.length > 1 ? 204 : 503).end();
  });
  const webhooks = {
    WEBHOOK_URL: `${receiver.origin}/hook`,
    WEBHOOK_SECRET,
    WEBHOOK_TRUSTED_ORIGINS: receiver.origin,
  };
  const worker = await startOddWorker(86_400_000, { CLOCK_JUMPS: '1', ...webhooks });
  await push(platform, await orderTryOn(platform, await createPerson(platform)));
  await worker.logged('webhook_failed');
  worker.process.kill('SIGUSR2');
  await worker.logged('loop_error', ({ loop }) => loop === 'intake');
  await crash.startWorker(webhooks);
  await until('the second try', () => receiver.received.length > 1);
  assert.ok(!worker.lines.some(({ message }) => message === 'webhook_given_up'));
});
