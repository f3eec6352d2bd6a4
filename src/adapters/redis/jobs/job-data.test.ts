/** A job's data of any release is read, and what is none is known as such. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { EMPTY_JOURNAL } from '../../../ports/jobs.ts';
import { newJobData, readJobData } from './job-data.ts';

const TASK = {
  channel: 'b2b',
  ownerId: 'owner',
  sessionId: 'session',
  taskId: 'task',
  imageUrls: [],
  prompt: '',
  requestId: 'req',
  createdAt: '2026-11-28T00:00:00.000Z',
} as const;

it('what this release writes is read as it was', () => {
  const data = newJobData(TASK);
  assert.deepEqual(readJobData(JSON.parse(JSON.stringify(data))), data);
});

it('a journal of the first release gets defaults for what it lacks', () => {
  assert.deepEqual(readJobData({ task: TASK, journal: {} })?.journal, EMPTY_JOURNAL);
  const result = { inputTokens: 1, outputTokens: 2, costUsd: 0.1 };
  const read = readJobData({ task: TASK, journal: { ...EMPTY_JOURNAL, result } });
  assert.deepEqual(read?.journal.result, { ...result, processingTimeMs: null });
});

it('failures of codes that this release does not know are left out', () => {
  const failures = { PROVIDER_BUSY: 1, OF_A_LATER_RELEASE: 3 };
  const read = readJobData({ task: TASK, journal: { ...EMPTY_JOURNAL, failures } });
  assert.deepEqual(read?.journal.failures, { PROVIDER_BUSY: 1 });
});

it('data without a complete task is rejected', () => {
  for (const data of [null, 'text', {}, { task: { ...TASK, channel: 'x' }, journal: {} }]) {
    assert.equal(readJobData(data), null);
  }
});
