/** How the server parts with its clients. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { createServer } from '../../src/http/server.ts';

it('a kept-alive connection does not delay a closing server', async () => {
  const server = await createServer(assert.fail);
  const [arrived, answered] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  server.post('/slow', async () => {
    arrived.resolve();
    await answered.promise;
    return 'done';
  });
  const { port } = new URL(await server.listen({ host: '127.0.0.1', port: 0 }));
  const socket = connect(Number(port), '127.0.0.1');
  let answer = '';
  socket.on('data', (bytes) => {
    answer += bytes;
  });
  socket.write('POST /slow HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n');
  await arrived.promise;
  const [closed, hungUp] = [server.close(), once(socket, 'close')];
  // The server has looked for idle connections by then, and found none.
  while (server.server.listening) await setImmediate();
  answered.resolve();
  await Promise.all([closed, hungUp]);
  assert.match(answer, /^HTTP\/1.1 200 [\s\S]*done$/);
});
