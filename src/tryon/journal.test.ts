import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ErrorCode } from '../error-catalogue.ts';
import { TaskError } from '../errors.ts';
import { EMPTY_JOURNAL, type Journal } from '../ports/jobs.ts';
import {
  beginCall,
  callFailed,
  failedBefore,
  isUnresolved,
  lastProvider,
  openTicket,
  pictureMade,
  ticketTaken,
} from './journal.ts';
import { outcomeOf } from './outcome.ts';

/** As earlier releases write it. */
const OPEN_CALL: Journal = { failures: {}, providerCalls: 1, callOpen: true, result: null };
const TICKET = { id: 'abc', model: 'acme/dress', garments: 1 };
const WITH_TICKET = ticketTaken(beginCall(EMPTY_JOURNAL, 'replicate'), TICKET);
const USAGE = { inputTokens: null, outputTokens: null, costUsd: 0.015 };

function failed(journal: Journal, code: ErrorCode, detail: string | null = null): Journal {
  return callFailed(journal, new TaskError(code, { detail }), false);
}

describe('a failed call', () => {
  it('that was not billed does not use up a call of the task', () => {
    assert.equal(failed(OPEN_CALL, 'PROVIDER_BUSY').providerCalls, 0);
    assert.equal(failed(OPEN_CALL, 'PROVIDER_REFUSES_SERVICE').providerCalls, 0);
    assert.equal(failed(OPEN_CALL, 'PROVIDER_MODEL_REPLACED').providerCalls, 0);
    assert.equal(failed(OPEN_CALL, 'PROVIDER_UNAVAILABLE', 'not_reached').providerCalls, 0);
    assert.equal(failed(WITH_TICKET, 'PROVIDER_UNAVAILABLE', 'not_started').providerCalls, 0);
  });

  it('that may have been billed counts', () => {
    assert.equal(failed(OPEN_CALL, 'PROVIDER_UNAVAILABLE').providerCalls, 1);
    assert.equal(failed(OPEN_CALL, 'PROVIDER_OUTCOME_UNKNOWN').providerCalls, 1);
    assert.equal(failed(OPEN_CALL, 'PROVIDER_MALFORMED').providerCalls, 1);
  });

  it('puts its provider behind the others, once', () => {
    const once = failed(OPEN_CALL, 'PROVIDER_UNAVAILABLE');
    assert.deepEqual(once.failedProviders, ['openai']);
    const twice = failed(beginCall(once, 'replicate'), 'PROVIDER_BUSY');
    assert.deepEqual(twice.failedProviders, ['openai', 'replicate']);
    const again = failed(beginCall(twice, 'openai'), 'PROVIDER_BUSY');
    assert.deepEqual(again.failedProviders, ['openai', 'replicate']);
  });

  it('whose model has a successor keeps its provider first', () => {
    assert.equal(failed(OPEN_CALL, 'PROVIDER_MODEL_REPLACED').failedProviders, undefined);
    const gone = failed(OPEN_CALL, 'PROVIDER_REFUSES_SERVICE', 'model_gone');
    assert.deepEqual(gone.failedProviders, ['openai']);
  });

  it('before any call takes no call back and blames no provider', () => {
    const journal = { ...OPEN_CALL, callOpen: false };
    const after = failed(journal, 'PROVIDER_REFUSES_SERVICE');
    assert.equal(after.providerCalls, 1);
    assert.equal(after.failedProviders, undefined);
  });
});

describe('an unresolved call', () => {
  it('of unknown outcome is tried again once and is the end the second time', () => {
    const error = new TaskError('PROVIDER_OUTCOME_UNKNOWN');
    const later = Date.now() + 60_000;
    const once = callFailed(OPEN_CALL, error, false);
    assert.equal(outcomeOf(error, once, later).kind, 'retry');
    assert.equal(failedBefore(once), null);
    const twice = callFailed({ ...once, callOpen: true }, error, true);
    assert.equal(outcomeOf(error, twice, later).kind, 'failed');
    assert.equal(failedBefore(twice)?.code, 'PROVIDER_OUTCOME_UNKNOWN');
  });

  it('that was found open stays open while something else goes wrong', () => {
    const away = callFailed(OPEN_CALL, new TaskError('STORAGE_UNAVAILABLE'), true);
    assert.ok(isUnresolved(away));
    assert.equal(callFailed(OPEN_CALL, new TaskError('PROVIDER_BUSY'), true).providerCalls, 1);
    assert.ok(!isUnresolved(callFailed(away, new TaskError('PROVIDER_OUTCOME_UNKNOWN'), true)));
  });

  it('is one whose picture was made and not stored', () => {
    const paid = pictureMade(OPEN_CALL, USAGE, 1);
    assert.ok(isUnresolved(paid));
    assert.ok(!isUnresolved(callFailed(paid, new TaskError('PROVIDER_OUTCOME_UNKNOWN'), true)));
  });
});

describe('a ticket', () => {
  it('is open until its picture is known to be stored', () => {
    assert.equal(openTicket(beginCall(EMPTY_JOURNAL, 'replicate')), null);
    assert.deepEqual(openTicket(WITH_TICKET), TICKET);
    assert.deepEqual(openTicket(pictureMade(WITH_TICKET, USAGE, 1)), TICKET);
  });

  it('outlasts every error but one of its own call', () => {
    for (const code of ['STORAGE_UNAVAILABLE', 'INTERNAL', 'DEADLINE_EXCEEDED'] as const) {
      for (const foundOpen of [true, false]) {
        const after = callFailed(WITH_TICKET, new TaskError(code), foundOpen);
        assert.deepEqual(openTicket(after), TICKET);
      }
    }
    for (const code of ['PROVIDER_UNAVAILABLE', 'PROVIDER_MALFORMED'] as const) {
      assert.equal(openTicket(callFailed(WITH_TICKET, new TaskError(code), true)), null);
    }
  });

  it('of a call that another release closed is not collected', () => {
    assert.equal(openTicket({ ...WITH_TICKET, callOpen: false }), null);
  });
});

describe('the journal of another release', () => {
  it('without a provider is of openai, and its open call has no ticket', () => {
    assert.equal(lastProvider(OPEN_CALL), 'openai');
    assert.equal(openTicket(OPEN_CALL), null);
  });

  it('with a code of a later one says nothing of the end', () => {
    const later = { ...OPEN_CALL, failures: { NOT_YET_KNOWN: 1 } } as unknown as Journal;
    assert.equal(failedBefore(later), null);
  });
});
