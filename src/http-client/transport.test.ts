import assert from 'node:assert/strict';
import { it } from 'node:test';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { startHttpHost } from '../../test/support/network/http-host.ts';
import { Transport } from './transport.ts';

/** What the transport reads where the answer has this body and this content coding. */
async function answerOf(
  coding: string,
  body: Buffer | string,
): Promise<{ text: string; asked: unknown }> {
  await using host = await startHttpHost((_request, response) => {
    response.writeHead(200, { 'content-encoding': coding }).end(body);
  });
  await using transport = new Transport(10_000);
  const answer = await transport.fetch(host.origin, { method: 'POST', body: 'a paid call' });
  return { text: await answer.text(), asked: host.requests[0]?.headers['accept-encoding'] };
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
  await using host = await startHttpHost((_request, response) => void response.end('{}'));
  await using transport = new Transport(10_000);
  for (const count of [1, 2, 3]) {
    const answer = await transport.fetch(host.origin, { method: 'POST', body: 'a paid call' });
    assert.equal(await answer.text(), '{}');
    assert.equal(host.connections(), count);
  }
});
