/** The connection to a Redis that is away or refuses service. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { describe, it } from 'node:test';
import { until } from '../../local/until.ts';
import { connectRedis } from '../../src/adapters/redis/connection.ts';
import { startSpareRedis, withRedis } from '../support/redis.ts';

it('the loss of Redis is reported at once and then once a minute', async (context) => {
  const offsets: number[] = [0];
  const now = performance.now.bind(performance);
  context.mock.method(performance, 'now', () => now() + (offsets.at(-1) ?? 0));
  const reports: number[] = [];
  let errors = 0;
  const redis = connectRedis('redis://127.0.0.1:1', (_error, repeated) => reports.push(repeated));
  redis.on('error', () => {
    errors += 1;
  });
  try {
    await until('five errors', () => errors >= 5);
    assert.deepEqual(reports, [1]);
    offsets.push(60_000);
    await until('a second report', () => reports.length === 2);
    assert.ok((reports[1] ?? 0) >= 5, `${reports[1]} errors since the first report`);
  } finally {
    redis.disconnect();
  }
});

it('a connection that Redis closes without an error is reported', async () => {
  await using server = await startSpareRedis();
  const reports: string[] = [];
  const redis = connectRedis(server.url, ({ message }) => reports.push(message));
  try {
    await redis.set('key', 'value');
    const id = await redis.client('ID');
    await withRedis(server.url, (operator) => operator.client('KILL', 'ID', id));
    // A command that is written before the end is noticed would be an error.
    await until('the report', () => reports.length > 0);
    assert.equal(await redis.get('key'), 'value');
    assert.deepEqual(reports, ['Redis closed the connection']);
  } finally {
    redis.disconnect();
  }
});

/** A server that answers the first SET with this error, and every other command with OK. */
async function startRefusing(error: string) {
  let isRefused = false;
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => undefined));
    socket.on('data', (bytes) => {
      for (const [, name] of String(bytes).matchAll(/\*\d+\r\n\$\d+\r\n(\w+)\r\n/g)) {
        const isFirst = name?.toUpperCase() === 'SET' && !isRefused;
        isRefused ||= isFirst;
        socket.write(isFirst ? `-${error}\r\n` : '+OK\r\n');
      }
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    url: `redis://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.dispose]: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

/** The answer to a SET whose first try gets the error, and what was reported meanwhile. */
async function setThrough(error: string) {
  using server = await startRefusing(error);
  const reports: string[] = [];
  const redis = connectRedis(server.url, ({ message }) => reports.push(message));
  try {
    return { answer: await redis.set('key', 'value'), reports };
  } finally {
    redis.disconnect();
  }
}

describe('a command that Redis refuses', { concurrency: true }, () => {
  for (const error of [
    "READONLY You can't write against a read only replica.",
    "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
    'LOADING Redis is loading the dataset in memory',
    'UNBLOCKED force unblock from blocking operation, instance state changed',
    'NOREPLICAS Not enough good replicas to write.',
    'MISCONF Errors writing to the AOF file: No space left on device',
    "OOM command not allowed when used memory > 'maxmemory'.",
    'BUSY Redis is busy running a script.',
    "ERR Error running script: -READONLY You can't write against a read only replica.",
  ]) {
    it(`is sent again after ${error.split(' ', 1)}`, async () => {
      assert.deepEqual(await setThrough(error), { answer: 'OK', reports: [error] });
    });
  }

  it('for a missing right fails at once', async () => {
    await assert.rejects(setThrough('NOPERM this user has no permissions'), /NOPERM/);
  });
});
