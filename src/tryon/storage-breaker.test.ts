import assert from 'node:assert/strict';
import { it } from 'node:test';
import { TaskError } from '../errors.ts';
import type { WorkerEvent } from '../ports/events.ts';
import type { UploadProbe } from '../ports/upload-probe.ts';
import { StorageBreaker } from './storage-breaker.ts';

const TASK = { requestId: null, sessionId: 'session', channel: 'b2c' } as const;
const FULL = new TaskError('STORAGE_UNAVAILABLE');

/** As the replicas share it: one task at a time probes while uploads fail. */
function sharedProbe(): UploadProbe {
  let uploadsFail = false;
  let probing: AbortSignal | null = null;
  const isTaken = () => probing !== null && !probing.aborted;
  const assertMayPay = async () => {
    if (uploadsFail && isTaken()) throw FULL;
  };
  return {
    assertMayPay,
    enter: async (done) => {
      await assertMayPay();
      if (uploadsFail) probing = done;
    },
    failed: async (done) => {
      uploadsFail = true;
      if (!isTaken()) probing = done;
    },
    succeeded: async () => {
      uploadsFail = false;
    },
  };
}

function breaker(
  problemOf: () => Promise<string | null> = async () => null,
  probe: UploadProbe = sharedProbe(),
) {
  const events: WorkerEvent[] = [];
  const disk = { isFull: false, testUploads: 0 };
  const tryUpload = async () => {
    disk.testUploads += 1;
    if (disk.isFull) throw FULL;
  };
  const record = (event: WorkerEvent) => events.push(event);
  const storage = new StorageBreaker({ problemOf, tryUpload, probe, record });
  return { storage, disk, events: () => events.map(({ event }) => event) };
}

const refused = () => Promise.reject(FULL);

it('one task at a time pays after a failed upload, until one succeeds', async () => {
  const { storage, events } = breaker();
  await storage.confirm();
  using first = storage.pass(TASK);
  await first.beforePaying();
  await assert.rejects(first.upload(refused), FULL);
  await assert.rejects(first.upload(refused), FULL);
  await assert.rejects(storage.pass(TASK).beforePaying(), { code: 'STORAGE_UNAVAILABLE' });
  first[Symbol.dispose]();
  using second = storage.pass(TASK);
  await second.beforePaying();
  await assert.rejects(storage.pass(TASK).beforePaying(), { code: 'STORAGE_UNAVAILABLE' });
  assert.match(storage.problem ?? '', /cannot be stored/);
  assert.equal(await second.upload(async () => 'link'), 'link');
  await storage.pass(TASK).beforePaying();
  assert.equal(storage.problem, null);
  assert.deepEqual(events(), ['storage_usable', 'upload_failed']);
});

it('tasks of another replica pay nothing while storage refuses pictures', async () => {
  const probe = sharedProbe();
  const [one, two] = [breaker(undefined, probe).storage, breaker(undefined, probe).storage];
  const first = one.pass(TASK);
  await first.beforePaying();
  await assert.rejects(first.upload(refused), FULL);
  await assert.rejects(two.assertMayPay(), FULL);
  await assert.rejects(two.pass(TASK).beforePaying(), FULL);
  first[Symbol.dispose]();
  await two.assertMayPay();
  using second = two.pass(TASK);
  await second.beforePaying();
  await assert.rejects(one.pass(TASK).beforePaying(), FULL);
  await second.upload(async () => 'link');
  await one.pass(TASK).beforePaying();
});

it('one test upload precedes paying, shared by all tasks that wait', async () => {
  const { storage, disk } = breaker();
  await storage.confirm();
  disk.isFull = true;
  const refusals = await Promise.allSettled([storage.assertMayPay(), storage.assertMayPay()]);
  assert.deepEqual(
    refusals.map(({ status }) => status),
    ['rejected', 'rejected'],
  );
  assert.equal(disk.testUploads, 1);
  assert.match(storage.problem ?? '', /cannot be stored/);
  disk.isFull = false;
  await storage.assertMayPay();
  await storage.assertMayPay();
  assert.equal(disk.testUploads, 2);
  assert.equal(storage.problem, null);
});

it('a successful upload is trusted for a minute', async (t) => {
  let nowMs = 1;
  t.mock.method(performance, 'now', () => nowMs);
  const { storage, disk } = breaker();
  await storage.assertMayPay();
  for (const [passedMs, uploads] of [
    [59_999, 1],
    [60_000, 2],
  ] as const) {
    nowMs = 1 + passedMs;
    await storage.assertMayPay();
    assert.equal(disk.testUploads, uploads);
  }
});

it('nothing is usable before Supabase answers; an outage changes nothing', async () => {
  const answers: (() => Promise<string | null>)[] = [
    refused,
    async () => 'wrong key',
    async () => 'wrong key',
    async () => null,
    refused,
  ];
  const { storage, events } = breaker(() => answers.shift()?.() ?? refused());
  assert.match(storage.problem ?? '', /not answered/);
  await assert.rejects(storage.confirm(), FULL);
  assert.equal(storage.isUsable, false);
  assert.equal(await storage.confirm(), false);
  assert.equal(await storage.confirm(), false);
  assert.equal(storage.problem, 'wrong key');
  assert.equal(await storage.confirm(), true);
  await assert.rejects(storage.confirm(), FULL);
  assert.deepEqual([storage.isUsable, storage.problem], [true, null]);
  assert.deepEqual(events(), ['storage_unusable', 'storage_usable']);
});
