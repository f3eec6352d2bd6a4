/** Connections to the vendor: which failures mean that nothing was billed. */
import assert from 'node:assert/strict';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { createServer, type Server, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { LOOPBACK } from '../loopback.ts';
import { edit, failureOf, modelAt, never, request, startModel } from './adapter-under-test.ts';
import { startOpenAiServer } from './server.ts';

/** A server that treats every connection the same way. */
async function startRaw(t: TestContext, treat: (socket: Socket) => void): Promise<string> {
  const server: Server = createServer((socket) => {
    socket.on('error', () => {});
    t.after(() => socket.destroy());
    treat(socket);
  });
  const { promise: listening, resolve } = Promise.withResolvers<void>();
  server.listen(0, LOOPBACK, resolve);
  await listening;
  t.after(() => server.close());
  const address = server.address();
  return `${LOOPBACK}:${typeof address === 'object' ? address?.port : ''}`;
}

test('a refused connection, unknown host or failed handshake is not billed', async (t) => {
  const gone = await startOpenAiServer();
  await gone[Symbol.asyncDispose]();
  const noTls = await startRaw(t, (socket) => socket.once('data', () => socket.destroy()));
  for (const url of [gone.baseUrl, 'http://no-such-host.invalid/v1', `https://${noTls}/v1`]) {
    const error = await failureOf(edit(modelAt(t, url), await request(), never));
    assert.equal(error.code, 'PROVIDER_UNAVAILABLE', url);
    assert.equal(error.detail, 'not_reached');
  }
});

test('running out of time while connecting is not billed', async (t) => {
  const mute = await startRaw(t, () => {});
  const model = modelAt(t, `https://${mute}/v1`, { timeoutMs: 300 });
  const error = await failureOf(edit(model, await request(), never));
  assert.equal(error.code, 'PROVIDER_UNAVAILABLE');
});

test('an answer that stops in its middle has an unknown outcome', async (t) => {
  const head = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 500\r\n\r\n{';
  const cut = await startRaw(t, (socket) => socket.once('data', () => socket.end(head)));
  const stalled = await startRaw(t, (socket) => socket.once('data', () => socket.write(head)));
  for (const server of [cut, stalled]) {
    // Long enough for the request to be sent; only the server that stalls takes all of it.
    const model = modelAt(t, `http://${server}/v1`, { timeoutMs: 5000 });
    const error = await failureOf(edit(model, await request(), never));
    assert.equal(error.code, 'PROVIDER_OUTCOME_UNKNOWN');
  }
});

test('every call has a connection of its own', async (t) => {
  const { model } = await startModel(t);
  let connected = 0;
  const count = () => {
    connected += 1;
  };
  subscribe('undici:client:connected', count);
  t.after(() => unsubscribe('undici:client:connected', count));
  await model.listModels();
  await edit(model, await request(), never);
  await edit(model, await request(), never);
  assert.equal(connected, 3);
});
