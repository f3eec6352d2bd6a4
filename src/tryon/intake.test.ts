/** A hand-over that fails is tried again, and one that cannot work holds no other up. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { it } from 'node:test';
import type { WorkerEvent } from '../ports/events.ts';
import type { GenerationJobs } from '../ports/jobs.ts';
import type { Refunds } from '../ports/refunds.ts';
import type { TaskSource } from '../ports/task-source.ts';
import { admitLeftovers, type IntakeDeps, runIntake } from './intake.ts';

function message(): Buffer {
  return Buffer.from(
    JSON.stringify({
      task_id: randomUUID(),
      channel: 'b2c',
      user_id: randomUUID(),
      session_id: randomUUID(),
      image_urls: ['https://images.example/a.jpg'],
      prompt: '',
      request_id: 'req_1',
      created_at: new Date().toISOString(),
    }),
  );
}

/** An intake of these messages; `add` says whether a hand-over works. */
function intakeOf(messages: Buffer[], add: () => Promise<boolean>, onAcknowledged = () => {}) {
  const events: WorkerEvent[] = [];
  const acknowledged: Buffer[] = [];
  const source = {
    take: async (_seconds: number, most: number) =>
      messages.length > 0
        ? messages.splice(0, most)
        : new Promise<Buffer[]>((r) => setTimeout(r, 20, [])),
    leftovers: async () => messages,
    acknowledge: async (raw: Buffer) => {
      const isFirst = !acknowledged.includes(raw);
      acknowledged.push(raw);
      onAcknowledged();
      return isFirst;
    },
  } as Partial<TaskSource> as TaskSource;
  const jobs = { add } as Partial<GenerationJobs> as GenerationJobs;
  const deps: IntakeDeps = {
    source,
    jobs,
    refunds: {} as Refunds,
    record: (event) => events.push(event),
    maxImages: 16,
  };
  return { deps, events, acknowledged };
}

it('a hand-over that fails is tried again, each time later', async () => {
  const stop = new AbortController();
  const triedAt: number[] = [];
  const add = async () => {
    triedAt.push(performance.now());
    if (triedAt.length < 3) throw new Error('OOM');
    return true;
  };
  const { deps, events, acknowledged } = intakeOf([message()], add, () => stop.abort());
  await runIntake(deps, stop.signal);
  assert.equal(acknowledged.length, 1);
  const [first = 0, second = 0, third = 0] = triedAt;
  assert.ok(second - first > 950 && third - second > 1900, `${triedAt}`);
  assert.deepEqual(
    events.map(({ event }) => event),
    ['loop_error', 'loop_error', 'task_received'],
  );
});

it('a task that a sweep hands over at the same time is recorded once', async () => {
  const stop = new AbortController();
  const raw = message();
  const { deps, events } = intakeOf([raw, raw], async () => true);
  await admitLeftovers(deps, stop.signal);
  assert.deepEqual(
    events.map(({ event }) => event),
    ['task_received'],
  );
});

it('one failing leftover does not block the others; five end the sweep', async () => {
  const { signal } = new AbortController();
  let tries = 0;
  const failing = (until: number) => async () => {
    tries += 1;
    if (tries <= until) throw new Error('not now');
    return true;
  };
  const one = intakeOf([message(), message()], failing(1));
  await admitLeftovers(one.deps, signal);
  assert.equal(one.acknowledged.length, 1);
  tries = 0;
  const all = intakeOf(Array.from({ length: 9 }, message), failing(99));
  await assert.rejects(admitLeftovers(all.deps, signal), /not now/);
  assert.equal(tries, 5);
});
