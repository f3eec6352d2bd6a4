import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { it } from 'node:test';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { Transport } from './transport.ts';

/** What the transport reads where the answer has this body and this content coding. */
async function answerOf(
  coding: string,
  body: Buffer | string,
): Promise<{ text: string; asked: unknown }> {
  let asked: unknown;
  const server = createServer((request, response) => {
    asked = request.headers['accept-encoding'];
    response.writeHead(200, { 'content-encoding': coding }).end(body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  await using transport = new Transport(10_000);
  try {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const answer = await transport.fetch(url, { method: 'POST', body: 'a paid call' });
    return { text: await answer.text(), asked };
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

it('a compressed answer is read, though none is asked for', async () => {
  const text = JSON.stringify({ data: [{ b64_json: 'AAAA'.repeat(1000) }] });
  const codings = {
    gzip: gzipSync(text),
    br: brotliCompressSync(text),
    deflate: deflateSync(text),
  };
  for (const [coding, body] of Object.entries(codings)) {
    assert.deepEqual(await answerOf(coding, body), { text, asked: 'identity' }, coding);
  }
});

it('an answer that unfolds endlessly, or not at all, stays as it came', async () => {
  assert.equal((await answerOf('gzip', '{}')).text, '{}');
  assert.equal((await answerOf('unknown', '{}')).text, '{}');
  assert.equal((await answerOf('constructor', '{}')).text, '{}');
  const bomb = gzipSync(Buffer.alloc(65 * 1024 * 1024));
  assert.equal((await answerOf('gzip', bomb)).text.length, bomb.toString().length);
});

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
