import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createMetrics } from '../telemetry/metrics.ts';
import { noteAnswers, registerMetrics } from './metrics.ts';
import { createServer } from './server.ts';

it('answers are timed by route and status; unknown paths count as one', async () => {
  const server = await createServer((error) => assert.fail(error));
  const metrics = createMetrics({ processMetrics: false });
  noteAnswers(server, [metrics]);
  registerMetrics(server, metrics);
  server.get('/things/:id', async () => 'thing');
  for (const url of ['/things/1', '/things/2', '/nowhere/1', '/nowhere/2']) {
    await server.inject({ url });
  }
  const { body, headers } = await server.inject({ url: '/metrics' });
  assert.match(String(headers['content-type']), /^text\/plain; version=0\.0\.4/);
  const count = 'wearon_http_request_duration_seconds_count';
  assert.ok(body.includes(`${count}{method="GET",route="/things/:id",status="200"} 2`), body);
  assert.ok(body.includes(`${count}{method="GET",route="none",status="404"} 2`), body);
  assert.doesNotMatch(body, /things\/1|nowhere/);
});
