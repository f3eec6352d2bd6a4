/**
 * "After an unknown outcome at most one more paid call": whichever moments the process dies at, and
 * whatever else fails in between, a session costs two calls at the most.
 */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createPerson, eventsOf, type TryOn } from '../../local/platform.ts';
import { until } from '../../local/until.ts';
import { UPLOAD, useCrashShop } from '../support/crash-shop.ts';
import { balanceReaches, orderTryOn, push, rowOf, settledRow } from '../support/shop.ts';
import type { WorkerProcess } from '../support/worker-process.ts';

const crash = useCrashShop();

const CALL = { method: 'POST', path: /edits/ } as const;

interface Journal {
  readonly result: unknown;
  readonly callOpen: boolean;
}

async function journalOf({ sessionId }: TryOn): Promise<Journal> {
  const data = await crash.shop.platform.redis.hget(`wearon:bull:generation:${sessionId}`, 'data');
  return JSON.parse(data ?? '{}').journal;
}

async function assertRefundedAfterTwoCalls(tryOn: TryOn): Promise<void> {
  assert.equal((await settledRow(crash.shop, tryOn)).status, 'failed');
  assert.equal(crash.paidCalls(), 2);
}

it('a process killed between the answer and the upload, again and again', async () => {
  const { platform, stack } = crash.shop;
  const person = await createPerson(platform);
  const tryOn = await orderTryOn(platform, person);
  await push(platform, tryOn);
  for (const calls of [1, 2]) {
    const upload = stack.supabase.faults.add({ ...UPLOAD, kind: 'hang' });
    const worker = await crash.startWorker();
    await upload.hit;
    await until('the journal', async () => (await journalOf(tryOn)).result !== null);
    await worker.end('SIGKILL');
    assert.equal(crash.paidCalls(), calls);
    upload.release();
  }
  await crash.startWorker();
  await assertRefundedAfterTwoCalls(tryOn);
  await balanceReaches(crash.shop, person, 10);
});

it('repeated kills in the call and database outages cost no second picture', async () => {
  const { platform, stack } = crash.shop;
  const tryOn = await orderTryOn(platform, await createPerson(platform));
  await push(platform, tryOn);
  for (const _ of [1, 2]) {
    const call = stack.openai.faults.add({ ...CALL, kind: 'hang' });
    const worker = await crash.startWorker();
    await call.hit;
    await worker.end('SIGKILL');
    call.release();
    const find = { method: 'GET', path: /generation_sessions\?.*[?&]id=eq/ } as const;
    stack.supabase.faults.add({ ...find, kind: 'status', status: 503, body: {} });
  }
  await crash.startWorker();
  await assertRefundedAfterTwoCalls(tryOn);
});

it('a process frozen beyond its lock does not overwrite its successor', async () => {
  const { platform, stack } = crash.shop;
  const tryOn = await orderTryOn(platform, await createPerson(platform));
  const first = stack.openai.faults.add({ ...CALL, kind: 'hold-after' });
  const frozen = await crash.startWorker();
  await push(platform, tryOn);
  await first.hit;
  frozen.process.kill('SIGSTOP');
  const second = stack.openai.faults.add({ ...CALL, kind: 'hold-after' });
  const owner = await crash.startWorker();
  await second.hit;
  const upload = stack.supabase.faults.add({ ...UPLOAD, kind: 'hang' });
  first.release();
  frozen.process.kill('SIGCONT');
  // Woken, it stores the picture that it was paid for, or has noticed first that the job is gone.
  await Promise.race([upload.hit, frozen.logged('generation_interrupted')]);
  await stopped(frozen, owner);
  assert.ok((await journalOf(tryOn)).callOpen);
  upload.release();
  second.release();
  await crash.startWorker();
  await assertRefundedAfterTwoCalls(tryOn);
});

async function stopped(...workers: readonly WorkerProcess[]): Promise<void> {
  await Promise.all(workers.map((worker) => worker.end('SIGKILL')));
}

it('a kill between completion and its event leaves the event to the next', async () => {
  const { platform, stack } = crash.shop;
  const tryOn = await orderTryOn(platform, await createPerson(platform));
  const event = stack.supabase.faults.add({ method: 'POST', path: /analytics/, kind: 'hang' });
  const worker = await crash.startWorker();
  await push(platform, tryOn);
  await event.hit;
  await worker.end('SIGKILL');
  event.release();
  assert.equal((await rowOf(crash.shop, tryOn))?.status, 'completed');
  const next = await crash.startWorker();
  await next.logged('generation_skipped', tryOn);
  const types = await eventsOf(platform, tryOn);
  assert.equal(types.filter((type) => type === 'generation_completed').length, 1);
});
