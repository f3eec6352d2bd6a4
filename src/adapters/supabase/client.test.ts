import assert from 'node:assert/strict';
import { it } from 'node:test';
import { startHttpHost } from '../../../test/support/network/http-host.ts';
import { connectSupabase } from './client.ts';

it('a redirect is an error, and the key does not follow it', async () => {
  const arrived: string[] = [];
  await using elsewhere = await startHttpHost(({ headers }, response) => {
    arrived.push(String(headers.apikey));
    response.end('[]');
  });
  await using redirecting = await startHttpHost((_request, response) => {
    response.writeHead(307, { location: elsewhere.origin }).end();
  });
  const supabase = connectSupabase(redirecting.origin, 'secret');
  const { data, error } = await supabase.from('generation_sessions').select('id');
  assert.notEqual(error, null);
  assert.equal(data, null);
  assert.equal((await supabase.storage.from('bucket').list()).data, null);
  assert.deepEqual(arrived, []);
});

it('an upload arrives byte by byte, with the name of the worker', async () => {
  const bodies: Buffer[] = [];
  await using server = await startHttpHost(async (request, response) => {
    assert.match(request.headers['user-agent'] ?? '', /^wearon-worker\//);
    bodies.push(Buffer.concat(await request.toArray()));
    response.setHeader('content-type', 'application/json').end('{"Id":"1","Key":"b/x.jpg"}');
  });
  // A view into a larger buffer.
  const picture = Buffer.from('around a picture').subarray(9);
  const bucket = connectSupabase(server.origin, 'secret').storage.from('b');
  const { error } = await bucket.upload('x.jpg', picture, { contentType: 'image/jpeg' });
  assert.equal(error, null);
  assert.deepEqual(bodies, [Buffer.from('picture')]);
});
