import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { it } from 'node:test';
import { Transport } from './transport.ts';

it('every request has a connection of its own', async () => {
  let connections = 0;
  const server = createServer((_request, response) => void response.end('{}'));
  server.on('connection', () => {
    connections += 1;
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  await using transport = new Transport(10_000);
  try {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    for (const count of [1, 2, 3]) {
      const answer = await transport.fetch(url, { method: 'POST', body: 'a paid call' });
      assert.equal(await answer.text(), '{}');
      assert.equal(connections, count);
    }
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
