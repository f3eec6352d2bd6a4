/** Errors that keep coming back are a line a minute in the log. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createEventLog } from './event-log.ts';
import { createLogger } from './logger.ts';

it('a repeated error of a loop is logged once a minute, with a count', (context) => {
  let nowMs = 0;
  context.mock.method(performance, 'now', () => nowMs);
  const lines: Record<string, unknown>[] = [];
  const logger = createLogger('info', { write: (line) => void lines.push(JSON.parse(line)) });
  const record = createEventLog(logger);
  const fail = (loop: string, message: string) =>
    record({ event: 'loop_error', loop, error: new Error(message) });
  for (let i = 0; i < 1000; i += 1) fail('jobs', 'OOM command not allowed');
  fail('refunds', 'OOM command not allowed');
  fail('jobs', 'another error');
  nowMs = 60_000;
  fail('jobs', 'OOM command not allowed');
  assert.deepEqual(
    lines.map(({ loop, repeated }) => [loop, repeated]),
    [
      ['jobs', undefined],
      ['refunds', undefined],
      ['jobs', undefined],
      ['jobs', 1000],
    ],
  );
});
