/** What the log says of a Redis that is away: one line when it goes, one when it is back, all JSON. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { it } from 'node:test';
import { createPerson } from '../../local/platform.ts';
import { until } from '../../local/until.ts';
import { useCrashShop } from '../support/crash-shop.ts';
import { assertCompleted, orderTryOn, push } from '../support/shop.ts';
import type { LogLine } from '../support/worker-process.ts';
import { readiness } from '../support/worker-status.ts';

const crash = useCrashShop();
const RETRIES = 40;

/** A server in place of Redis that breaks off this many connections, one after the other. */
async function refuseConnections(port: number): Promise<void> {
  let refused = 0;
  const server = createServer((socket) => {
    refused += 1;
    socket.on('error', () => undefined).resetAndDestroy();
  });
  await once(server.listen(port, '127.0.0.1'), 'listening');
  await until(`${RETRIES} retries`, () => refused >= RETRIES);
  server.close();
  await once(server, 'close');
}

it('X16: the loss of Redis and its return are one log line each', async () => {
  const { platform, stack } = crash.shop;
  const worker = await crash.startWorker({ ADMIN_TOKEN: 'a-token-of-some-length' });
  await stack.redis.kill();
  await worker.logged('loop_error', (line) => line.loop === 'redis');
  try {
    await refuseConnections(Number(new URL(stack.redis.url).port));
  } finally {
    await stack.redis.start();
  }
  await worker.logged('redis_connected');
  const tryOn = await orderTryOn(platform, await createPerson(platform));
  await push(platform, tryOn);
  await assertCompleted(crash.shop, tryOn);
  assert.equal(await worker.end('SIGTERM'), 0);
  const lines = worker.output.map((text) => JSON.parse(text) as LogLine);
  const errors = lines.filter(({ message }) => message === 'loop_error');
  assert.deepEqual(
    errors.map(({ loop }) => loop),
    ['redis'],
  );
  assert.equal(lines.filter(({ message }) => message === 'redis_connected').length, 1);
});

it('a worker that never reached Redis stops at once', async () => {
  const worker = await crash.startWorker({
    REDIS_URL: 'redis://127.0.0.1:1',
    // Far longer than the test may take.
    SHUTDOWN_GRACE_SECONDS: '600',
  });
  assert.equal(await readiness(worker), 503);
  assert.equal(await worker.end('SIGTERM'), 0);
  await worker.logged('worker_stopped');
});

it('a worker whose password Redis refuses stops at once', async () => {
  const REDIS_URL = crash.shop.stack.redis.url.replace('//', '//someone:wrong@');
  const worker = await crash.startWorker({ REDIS_URL, SHUTDOWN_GRACE_SECONDS: '600' });
  await worker.logged('loop_error', (line) => line.loop === 'redis');
  assert.equal(await readiness(worker), 503);
  assert.equal(await worker.end('SIGTERM'), 0);
  await worker.logged('worker_stopped');
});

it('a worker that is stopped while Redis is away ends in order', async () => {
  const worker = await crash.startWorker({ SHUTDOWN_GRACE_SECONDS: '60' });
  await crash.shop.stack.redis.kill();
  try {
    await worker.logged('loop_error', (line) => line.loop === 'redis');
    assert.equal(await worker.end('SIGTERM'), 0);
    await worker.logged('worker_stopped');
  } finally {
    await crash.shop.stack.redis.start();
  }
});
