/** A session is completed once, and not over the end that someone else gave it. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { IDS, oneSession } from '../../test/support/tryon/one-session.ts';
import { complete } from './complete.ts';

const COMPLETION = {
  imageUrl: 'https://images.example/picture.jpg',
  inputTokens: null,
  outputTokens: null,
  costUsd: 0.05,
  processingTimeMs: 1000,
  completedAt: new Date(),
};

it('an open session is completed and its event is recorded', async () => {
  const one = oneSession();
  assert.equal(await complete(IDS, COMPLETION, one.deps), true);
  assert.equal(one.row?.status, 'completed');
  assert.deepEqual(one.analytics, ['generation_completed']);
});

it('a completion whose answer was lost is known by its time', async () => {
  const one = oneSession({ status: 'completed', completedAt: COMPLETION.completedAt });
  assert.equal(await complete(IDS, COMPLETION, one.deps), true);
  assert.deepEqual(one.removed, []);
});

it('a session that failed meanwhile stays failed and loses its picture', async () => {
  const one = oneSession({ status: 'failed', completedAt: new Date(0) });
  assert.equal(await complete(IDS, COMPLETION, one.deps), false);
  assert.equal(one.row?.status, 'failed');
  assert.deepEqual(one.removed, [`stores/${IDS.ownerId}/generated/${IDS.sessionId}.jpg`]);
  assert.deepEqual(one.eventNames, ['completion_lost']);
});

it("another completion's picture is not removed", async () => {
  const one = oneSession({ status: 'completed', completedAt: new Date(0) });
  assert.equal(await complete(IDS, COMPLETION, one.deps), false);
  assert.deepEqual(one.removed, []);
});

it('an UPDATE without effect on an open row is tried again', async () => {
  const one = oneSession();
  const { sessions, ...deps } = one.deps;
  const withoutEffect = { ...sessions, complete: async () => null };
  const completing = complete(IDS, COMPLETION, { ...deps, sessions: withoutEffect });
  await assert.rejects(completing, { code: 'STORAGE_UNAVAILABLE' });
});
