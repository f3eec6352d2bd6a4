/** A worker whose port is taken says so and ends, before it has touched anything. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { it } from 'node:test';
import { createPerson } from '../../local/platform.ts';
import { afterTests } from '../support/after-tests.ts';
import { openShop, orderTryOn, push, rowOf } from '../support/shop.ts';
import { startWorkerProcess } from '../support/worker-process.ts';

const shop = afterTests.use(await openShop());
const taken = createServer().listen(0, '127.0.0.1');
await once(taken, 'listening');

afterTests.defer(() => void taken.close());

const portTaken = () => String((taken.address() as AddressInfo).port);

/** What the worker printed before it ended with 1. */
async function outputOfRefusal(env: Record<string, string>): Promise<string> {
  const worker = startWorkerProcess({ ...shop.stack.env, PORT: portTaken(), ...env });
  const error: Error = await worker.then(
    () => assert.fail('it started'),
    (reason) => reason,
  );
  assert.match(error.message, /ended with 1 before/);
  return error.message;
}

it('a port in use is one line with PORT and HOST, and nothing is touched', async () => {
  const tryOn = await orderTryOn(shop.platform, await createPerson(shop.platform));
  await push(shop.platform, tryOn);
  let asked = false;
  void shop.stack.supabase.faults.arrived({}).then(() => {
    asked = true;
  });
  const output = await outputOfRefusal({});
  assert.match(
    output,
    new RegExp(`^ +- PORT ${portTaken()} of HOST 127\\.0\\.0\\.1 .*in use`, 'm'),
  );
  assert.doesNotMatch(output, /EADDRINUSE|crashed| at .*:\d+/);
  assert.equal(asked, false);
  assert.equal(await shop.platform.redis.llen('wearon:tasks:generation'), 1);
  assert.equal((await rowOf(shop, tryOn)).status, 'queued');
});

it('an address of another machine is reported with its code', async () => {
  const output = await outputOfRefusal({ HOST: '192.0.2.1' });
  assert.match(output, /PORT \d+ of HOST 192\.0\.2\.1 .*EADDRNOTAVAIL/);
});

it('a port in use is reported while Redis is away, too', async () => {
  await outputOfRefusal({ REDIS_URL: 'redis://127.0.0.1:1' });
});
