import assert from 'node:assert/strict';
import { it } from 'node:test';
import { type ErrorCode, TaskError } from '../errors.ts';
import type { Journal } from '../ports/jobs.ts';
import { backoffMs, failedBefore, isOpen, outcomeOf, withFailure } from './outcome.ts';

const OPEN_CALL: Journal = { failures: {}, providerCalls: 1, callOpen: true, result: null };

function callsAfter(code: ErrorCode, detail?: string): number {
  const error = new TaskError(code, detail === undefined ? {} : { detail });
  return withFailure(OPEN_CALL, error, false).providerCalls;
}

it('a call that was refused for the rate, the key or the quota, or reached nobody, does not use up a call of the task', () => {
  assert.equal(callsAfter('PROVIDER_BUSY'), 0);
  assert.equal(callsAfter('PROVIDER_REFUSES_SERVICE'), 0);
  assert.equal(callsAfter('PROVIDER_UNAVAILABLE', 'not_reached'), 0);
});

it('a call that may have been carried out counts', () => {
  assert.equal(callsAfter('PROVIDER_UNAVAILABLE'), 1);
  assert.equal(callsAfter('PROVIDER_OUTCOME_UNKNOWN'), 1);
  assert.equal(callsAfter('PROVIDER_MALFORMED'), 1);
});

it('a failure before any call takes no call back', () => {
  const journal = { ...OPEN_CALL, callOpen: false };
  const error = new TaskError('PROVIDER_REFUSES_SERVICE');
  assert.equal(withFailure(journal, error, false).providerCalls, 1);
});

it('an unknown outcome is tried again once, and is the end the second time', () => {
  const error = new TaskError('PROVIDER_OUTCOME_UNKNOWN');
  const later = Date.now() + 60_000;
  const once = withFailure(OPEN_CALL, error, false);
  assert.equal(outcomeOf(error, once, later).kind, 'retry');
  assert.equal(failedBefore(once), null);
  const twice = withFailure({ ...once, callOpen: true }, error, true);
  assert.equal(outcomeOf(error, twice, later).kind, 'failed');
  assert.equal(failedBefore(twice)?.code, 'PROVIDER_OUTCOME_UNKNOWN');
});

it('a call found open stays open while something else goes wrong, and is never uncounted', () => {
  const away = withFailure(OPEN_CALL, new TaskError('STORAGE_UNAVAILABLE'), true);
  assert.ok(isOpen(away));
  assert.equal(withFailure(OPEN_CALL, new TaskError('PROVIDER_BUSY'), true).providerCalls, 1);
  assert.ok(!isOpen(withFailure(away, new TaskError('PROVIDER_OUTCOME_UNKNOWN'), true)));
});

it('a picture that was paid for and lost before it was stored is a call of unknown outcome', () => {
  const nothing = { inputTokens: null, outputTokens: null, costUsd: null, processingTimeMs: 1 };
  const paid = { ...OPEN_CALL, callOpen: false, result: nothing };
  assert.ok(isOpen(paid));
  assert.ok(!isOpen(withFailure(paid, new TaskError('PROVIDER_OUTCOME_UNKNOWN'), true)));
});

it('a retry that would come after the deadline is a failure now', () => {
  const error = new TaskError('PROVIDER_BUSY', { retryAfterMs: 20_000 });
  const outcome = outcomeOf(error, withFailure(OPEN_CALL, error, false), Date.now() + 10_000);
  assert.equal(outcome.kind, 'failed');
  assert.equal(outcome.kind === 'failed' && outcome.error.code, 'DEADLINE_EXCEEDED');
});

it('a task waits for the service to recover until its deadline, and not beyond', () => {
  const error = new TaskError('PROVIDER_REFUSES_SERVICE', { retryAfterMs: 30_000 });
  const outcome = outcomeOf(error, withFailure(OPEN_CALL, error, false), Date.now() + 10_000);
  assert.ok(outcome.kind === 'retry' && outcome.delayMs <= 10_000);
});

it('the wait doubles from two seconds to thirty, and scatters by a fifth', () => {
  const middle = [1, 2, 3, 10].map((failures) => backoffMs(failures, () => 0.5));
  assert.deepEqual(middle, [2000, 4000, 8000, 30_000]);
  assert.equal(
    backoffMs(1, () => 0),
    1600,
  );
  assert.ok(backoffMs(1, () => 0.999) <= 2400);
});
