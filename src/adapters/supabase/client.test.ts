import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { it } from 'node:test';
import { connectSupabase } from './client.ts';

async function serve(listener: RequestListener) {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, [Symbol.dispose]: close };
}

it('a redirect is an error, and the key does not follow it', async () => {
  const arrived: string[] = [];
  using elsewhere = await serve(({ headers }, response) => {
    arrived.push(String(headers.apikey));
    response.end('[]');
  });
  using redirecting = await serve((_request, response) => {
    response.writeHead(307, { location: elsewhere.url }).end();
  });
  const supabase = connectSupabase(redirecting.url, 'secret');
  const { data, error } = await supabase.from('generation_sessions').select('id');
  assert.notEqual(error, null);
  assert.equal(data, null);
  assert.equal((await supabase.storage.from('bucket').list()).data, null);
  assert.deepEqual(arrived, []);
});

it('an upload arrives byte by byte, with the name of the worker', async () => {
  const bodies: Buffer[] = [];
  using server = await serve(async (request, response) => {
    assert.match(request.headers['user-agent'] ?? '', /^wearon-worker\//);
    bodies.push(Buffer.concat(await request.toArray()));
    response.setHeader('content-type', 'application/json').end('{"Id":"1","Key":"b/x.jpg"}');
  });
  // A view into a larger buffer.
  const picture = Buffer.from('around a picture').subarray(9);
  const bucket = connectSupabase(server.url, 'secret').storage.from('b');
  const { error } = await bucket.upload('x.jpg', picture, { contentType: 'image/jpeg' });
  assert.equal(error, null);
  assert.deepEqual(bodies, [Buffer.from('picture')]);
});
