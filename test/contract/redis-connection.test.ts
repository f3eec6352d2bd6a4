/** The connection to a Redis that is away or refuses service. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { until } from '../../local/until.ts';
import { connectRedis } from '../../src/adapters/redis/connection.ts';

it('the loss of Redis is reported at once and then once a minute', async (context) => {
  const offsets: number[] = [0];
  const now = performance.now.bind(performance);
  context.mock.method(performance, 'now', () => now() + (offsets.at(-1) ?? 0));
  const reports: number[] = [];
  let errors = 0;
  const redis = connectRedis('redis://127.0.0.1:1', (_error, repeated) => reports.push(repeated));
  redis.on('error', () => {
    errors += 1;
  });
  try {
    await until('five errors', () => errors >= 5);
    assert.deepEqual(reports, [1]);
    offsets.push(60_000);
    await until('a second report', () => reports.length === 2);
    assert.ok((reports[1] ?? 0) >= 5, `${reports[1]} errors since the first report`);
  } finally {
    redis.disconnect();
  }
});
