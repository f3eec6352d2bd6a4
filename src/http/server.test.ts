import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createServer } from './server.ts';

it('a plugin that starts slowly on a busy machine ends no worker', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const server = await createServer((error) => assert.fail(error));
  const { promise: started, resolve: start } = Promise.withResolvers<void>();
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
  server.register(async () => {
    begin();
    await started;
  });
  const ready = server.ready();
  await begun;
  t.mock.timers.tick(60_000);
  start();
  await ready;
  await server.close();
});
