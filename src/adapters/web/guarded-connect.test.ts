import assert from 'node:assert/strict';
import { type AddressInfo, createServer, Socket } from 'node:net';
import { describe, it } from 'node:test';
import type { buildConnector } from 'undici';
import { dialPinned, guardedConnector } from './guarded-connect.ts';

/** What a connector ends with. */
function connecting(connector: buildConnector.connector, options: buildConnector.Options) {
  return new Promise<string>((resolve) => {
    connector(options, (error, socket) => {
      socket?.destroy();
      resolve(error === null ? 'connected' : error.message);
    });
  });
}

/** The first bytes that a connection brings to a listener on 127.0.0.1. */
async function listen() {
  const { promise: firstBytes, resolve } = Promise.withResolvers<Buffer>();
  const server = createServer((socket) => {
    socket
      .on('error', () => {})
      .once('data', (bytes) => {
        resolve(bytes);
        socket.destroy();
      });
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  const close = () => new Promise((closed) => server.close(closed));
  return {
    port: String(port),
    firstBytes,
    [Symbol.asyncDispose]: async () => void (await close()),
  };
}

describe('dialPinned', () => {
  it('connects to the given address, whatever the name resolves to', async () => {
    await using listener = await listen();
    const options = { protocol: 'http:', hostname: 'shop.example', port: listener.port };
    assert.equal(await connecting(dialPinned(['127.0.0.1']), options), 'connected');
  });

  it('sends the host name as SNI and offers HTTP/1.1 only', async () => {
    await using listener = await listen();
    const options = {
      protocol: 'https:',
      host: 'shop.example',
      hostname: 'shop.example',
      port: listener.port,
    };
    const ended = connecting(dialPinned(['127.0.0.1']), options);
    const hello = (await listener.firstBytes).toString('latin1');
    assert.ok(hello.includes('shop.example'));
    assert.ok(hello.includes('http/1.1'));
    assert.equal(hello.includes('\x02h2'), false);
    assert.notEqual(await ended, 'connected');
  });
});

describe('guardedConnector', () => {
  const options = { protocol: 'https:', hostname: 'shop.example', port: '' };
  const { signal } = new AbortController();
  const allowance = { bytes: 1 };
  const resolved = () => assert.fail('resolved');
  const dialled = () => assert.fail('dialled');

  it('passes exactly the addresses it checked to the connection', async () => {
    const seen: (readonly string[])[] = [];
    const connector = guardedConnector({
      resolve: async () => ['8.8.8.8', '2001:4860:4860::8888'],
      dial: (addresses) => (_options, callback) => {
        seen.push(addresses);
        callback(new Error('dialled'), null);
      },
      allowance,
      signal,
    });
    assert.equal(await connecting(connector, options), 'dialled');
    assert.deepEqual(seen, [['8.8.8.8', '2001:4860:4860::8888']]);
  });

  it('does not resolve an address, but checks it', async () => {
    const connector = guardedConnector({ resolve: resolved, dial: dialled, allowance, signal });
    for (const hostname of ['127.0.0.1', '::1', 'fe80::1%eth0']) {
      assert.equal(
        await connecting(connector, { ...options, hostname }),
        'INVALID_IMAGE (refused)',
      );
    }
  });

  it('takes a name without addresses for a dead link', async () => {
    const connector = guardedConnector({
      resolve: async () => [],
      dial: dialled,
      allowance,
      signal,
    });
    assert.equal(await connecting(connector, options), 'INVALID_IMAGE (unreachable)');
  });

  it('reports a dial that throws instead of ending the process', async () => {
    const dial = () => {
      throw new Error('thrown');
    };
    const connector = guardedConnector({
      resolve: async () => ['8.8.8.8'],
      dial,
      allowance,
      signal,
    });
    assert.equal(await connecting(connector, options), 'thrown');
  });

  it('ends the connecting when its signal aborts', async () => {
    const stop = new AbortController();
    const socket = new Socket();
    const connector = guardedConnector({
      resolve: async () => ['8.8.8.8'],
      dial: () => (_options, callback) => {
        socket.on('error', (error) => callback(error, null));
        queueMicrotask(() => stop.abort());
        return socket;
      },
      allowance,
      signal: stop.signal,
    });
    assert.equal(await connecting(connector, options), 'aborted');
    assert.ok(socket.destroyed);
  });
});
