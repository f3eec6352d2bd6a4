import assert from 'node:assert/strict';
import { it } from 'node:test';
import { TaskError } from '../errors.ts';
import type { Journal } from '../ports/jobs.ts';
import { callFailed } from './journal.ts';
import { backoffMs, outcomeOf } from './outcome.ts';

const OPEN_CALL: Journal = { failures: {}, providerCalls: 1, callOpen: true, result: null };

it('a retry that would come after the deadline is a failure now', () => {
  const error = new TaskError('PROVIDER_BUSY', { retryAfterMs: 20_000 });
  const outcome = outcomeOf(error, callFailed(OPEN_CALL, error, false), Date.now() + 10_000);
  assert.equal(outcome.kind, 'failed');
  assert.equal(outcome.kind === 'failed' && outcome.error.code, 'DEADLINE_EXCEEDED');
});

it('a task waits for the service to recover until its deadline only', () => {
  const error = new TaskError('PROVIDER_REFUSES_SERVICE', { retryAfterMs: 30_000 });
  const outcome = outcomeOf(error, callFailed(OPEN_CALL, error, false), Date.now() + 10_000);
  assert.ok(outcome.kind === 'retry' && outcome.delayMs > 5_000 && outcome.delayMs <= 10_000);
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
