import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { SessionEvent } from '../ports/progress.ts';
import { publishEvents } from './publish-events.ts';

const received = {
  event: 'task_received',
  task: { requestId: null, sessionId: '0b7e6c7e-0000-4000-8000-000000000001', channel: 'b2c' },
} as const;

it('every step is one message, and other events are none', async () => {
  const sent: SessionEvent[] = [];
  const record = publishEvents(
    async (event) => void sent.push(event),
    () => undefined,
  );
  record(received);
  record({ event: 'breaker_closed', provider: 'openai' });
  assert.deepEqual(
    sent.map(({ event }) => event),
    ['queued'],
  );
});

it('a refusal of Redis reaches the error handler only', async () => {
  const refused = Promise.withResolvers<Error>();
  const record = publishEvents(() => Promise.reject(new Error('NOPERM')), refused.resolve);
  record(received);
  assert.equal((await refused.promise).message, 'NOPERM');
});

it('while Redis does not answer, 1,000 steps wait and the rest is dropped', () => {
  let [sent, dropped] = [0, 0];
  const hanging = () => {
    sent += 1;
    return new Promise<never>(() => undefined);
  };
  const record = publishEvents(hanging, () => {
    dropped += 1;
  });
  for (let i = 0; i < 1500; i += 1) record(received);
  assert.deepEqual([sent, dropped], [1000, 500]);
});
