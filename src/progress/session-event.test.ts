import assert from 'node:assert/strict';
import { it } from 'node:test';
import { TaskError } from '../errors.ts';
import type { TaskIds, WorkerEvent } from '../ports/events.ts';
import { sessionEventOf } from './session-event.ts';

const task: TaskIds = {
  requestId: 'anna@example.com',
  sessionId: '0b7e6c7e-0000-4000-8000-000000000001',
  channel: 'b2b',
};
const at = new Date('2026-11-28T12:00:00Z');
const common = { version: 1, session_id: task.sessionId, channel: 'b2b', at: at.toISOString() };

it('a session event has ids, and not the request id that a client chose', () => {
  const event = sessionEventOf({ event: 'task_received', task }, at);
  assert.deepEqual(event, { ...common, event: 'queued' });
});

it('a retry says why and when, a failure why', () => {
  const error = new TaskError('PROVIDER_BUSY');
  const retried: WorkerEvent = {
    event: 'generation_retried',
    task,
    code: 'PROVIDER_BUSY',
    delayMs: 2000,
    error,
  };
  const expected = { ...common, event: 'retried', code: 'PROVIDER_BUSY', delay_ms: 2000 };
  assert.deepEqual(sessionEventOf(retried, at), expected);
  const failed: WorkerEvent = {
    event: 'generation_failed',
    task,
    code: 'MODERATION_BLOCKED',
    moderation: true,
  };
  const failure = { ...common, event: 'failed', code: 'MODERATION_BLOCKED' };
  assert.deepEqual(sessionEventOf(failed, at), failure);
});

it('a paid call names its provider and model', () => {
  const called: WorkerEvent = {
    event: 'provider_call_started',
    task,
    call: 1,
    repeated: false,
    provider: 'replicate',
    model: 'prunaai/p-image-try-on',
  };
  const vendor = { provider: 'replicate', model: 'prunaai/p-image-try-on' };
  assert.deepEqual(sessionEventOf(called, at), { ...common, event: 'drawing', ...vendor });
});

it('a rescue by completion ends a session, a rescue by refund not yet', () => {
  const rescued = (by: 'completion' | 'refund') =>
    sessionEventOf({ event: 'session_rescued', task, by }, at)?.event;
  assert.deepEqual([rescued('completion'), rescued('refund')], ['completed', undefined]);
});

it('events of no session, and of none that a screen shows, are no steps', () => {
  assert.equal(sessionEventOf({ event: 'breaker_closed', provider: 'openai' }, at), null);
  assert.equal(
    sessionEventOf({ event: 'credit_refunded', task, payer: 'store', credits: 1 }, at),
    null,
  );
});
