/** The rescue ends sessions that are lost, and none that something still works on. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { IDS, jobOf, oneSession } from '../../test/support/tryon/one-session.ts';
import { TaskError } from '../errors.ts';
import type { WorkerEvent } from '../ports/events.ts';
import { rescue } from './rescue.ts';

function rescuedBy(events: readonly WorkerEvent[]): string[] {
  return events.flatMap((event) => (event.event === 'session_rescued' ? [event.by] : []));
}

it('a lost session is refunded', async () => {
  const one = oneSession();
  assert.equal(await rescue(one.deps), 1);
  assert.deepEqual(
    one.intents.map(({ sessionId, code }) => [sessionId, code]),
    [[IDS.sessionId, 'ABANDONED']],
  );
  assert.deepEqual(rescuedBy(one.events), ['refund']);
});

it('a lost session with a stored picture is completed', async () => {
  const one = oneSession();
  one.picture = 'https://images.example/picture.jpg';
  assert.equal(await rescue(one.deps), 1);
  assert.equal(one.row?.status, 'completed');
  assert.deepEqual(one.intents, []);
  assert.deepEqual(rescuedBy(one.events), ['completion']);
});

it('a session with a job is left alone', async () => {
  const one = oneSession();
  one.isAlive = true;
  assert.equal(await rescue(one.deps), 0);
  assert.equal(one.row?.status, 'processing');
});

it('a session that its job ends during the sweep is not rescued', async () => {
  const one = oneSession();
  one.picture = 'https://images.example/picture.jpg';
  const aliveAmong = async () => {
    if (one.row !== null) one.row = { ...one.row, status: 'completed' };
    return new Set<string>();
  };
  const jobs = { ...one.deps.jobs, aliveAmong };
  assert.equal(await rescue({ ...one.deps, jobs }), 0);
  assert.deepEqual(one.eventNames, []);
});

it('a session that waits on the list is left alone', async () => {
  const one = oneSession();
  const source = { waitingSessionIds: async () => new Set([IDS.sessionId]) };
  assert.equal(await rescue({ ...one.deps, source }), 0);
});

it("people's sessions wait while the platform cleans up", async () => {
  const one = oneSession({ channel: 'b2c' });
  const now = new Date();
  const platformCleanUpMinute = now.getUTCHours() * 60 + now.getUTCMinutes();
  assert.equal(await rescue({ ...one.deps, platformCleanUpMinute }), 0);
  assert.equal(await rescue(one.deps), 1);
});

it('a job that was given up is refunded and forgotten', async () => {
  const one = oneSession({ status: 'failed' });
  const forgotten: string[] = [];
  const jobs = {
    aliveAmong: async () => new Set<string>(),
    givenUp: async () => [jobOf().task],
    forget: async (id: string) => {
      forgotten.push(id);
    },
  };
  assert.equal(await rescue({ ...one.deps, jobs }), 1);
  assert.deepEqual(forgotten, [IDS.sessionId]);
  assert.equal(one.intents.length, 1);
});

it('an error on one session is recorded and does not end the sweep', async () => {
  const one = oneSession();
  const { imageStore, ...deps } = one.deps;
  const sign = () => Promise.reject(new TaskError('STORAGE_UNAVAILABLE'));
  assert.equal(await rescue({ ...deps, imageStore: { ...imageStore, sign } }), 0);
  assert.deepEqual(one.eventNames, ['loop_error']);
});
