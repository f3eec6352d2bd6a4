/** What the worker needs of Redis: the rights that are documented, no cluster, no eviction. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { it } from 'node:test';
import { createPerson } from '../../local/platform.ts';
import { until } from '../../local/until.ts';
import { REDIS_ACL } from '../../src/adapters/redis/probe.ts';
import { wearon } from '../support/cli.ts';
import { useCrashShop } from '../support/crash-shop.ts';
import { asUser, startSpareRedis, withRedis } from '../support/redis.ts';
import { assertCompleted, orderTryOn, push } from '../support/shop.ts';
import { startWorkerProcess, type WorkerProcess } from '../support/worker-process.ts';
import { metricsOf, readiness } from '../support/worker-status.ts';

const crash = useCrashShop();

function assertJson({ output }: WorkerProcess): void {
  for (const line of output) assert.doesNotThrow(() => JSON.parse(line), line);
}

it('a user with the documented rights suffices, without INFO and CONFIG', async () => {
  const { platform, stack } = crash.shop;
  const page = await readFile(new URL('../../docs/scaling.md', import.meta.url), 'utf8');
  assert.ok(page.includes(REDIS_ACL), 'docs/scaling.md names the rights');
  const url = await asUser(stack.redis.url, { redis: platform.redis, rights: REDIS_ACL });
  const worker = await crash.startWorker({ REDIS_URL: url, ADMIN_TOKEN: 'a-token-of-length' });
  const tryOn = await orderTryOn(platform, await createPerson(platform));
  await push(platform, tryOn);
  await assertCompleted(crash.shop, tryOn);
  await until('the worker to be ready', async () => (await readiness(worker)) === 200);
  const doctor = await wearon({ ...stack.env, REDIS_URL: url }, ['doctor', '--json']);
  const service = doctor.json.checks.find(({ name }: { name: string }) => name === 'Redis service');
  assert.equal(service.state, 'ok');
  assert.equal(await worker.end('SIGTERM'), 0);
  assertJson(worker);
  assert.deepEqual(
    worker.lines.filter(({ level }) => level === 'error'),
    [],
  );
});

it('a Redis Cluster is refused at start, with the reason', async () => {
  await using cluster = await startSpareRedis({ 'cluster-enabled': 'yes' });
  await withRedis(cluster.url, (redis) => redis.call('CLUSTER', 'ADDSLOTSRANGE', '0', '16383'));
  await withRedis(cluster.url, (redis) =>
    until('the cluster', async () =>
      String(await redis.call('CLUSTER', 'INFO')).includes('state:ok'),
    ),
  );
  const env = { ...crash.shop.stack.env, REDIS_URL: cluster.url };
  const refused = startWorkerProcess(env).then((worker) => worker.end('SIGKILL'));
  await assert.rejects(refused, /REDIS_URL names a Redis Cluster/);
  const { json } = await wearon(env, ['doctor', '--json']);
  const service = json.checks.find(({ name }: { name: string }) => name === 'Redis service');
  assert.match(service.fix, /without cluster mode/);
});

it('a database that Redis lacks is refused at start, and no other used', async () => {
  const { stack, platform } = crash.shop;
  const env = { ...stack.env, REDIS_URL: `${stack.redis.url}/99` };
  const refused = startWorkerProcess(env).then((worker) => worker.end('SIGKILL'));
  await assert.rejects(refused, /REDIS_URL names a database that Redis does not have/);
  assert.equal(await platform.redis.dbsize(), 0);
});

it('a worker on an evicting Redis is not ready until it is repaired', async () => {
  const { platform } = crash.shop;
  await platform.redis.config('SET', 'maxmemory-policy', 'allkeys-lru');
  try {
    const worker = await crash.startWorker();
    await worker.logged('loop_error', ({ loop }) => loop === 'intake');
    const tryOn = await orderTryOn(platform, await createPerson(platform));
    await push(platform, tryOn);
    assert.equal(await readiness(worker), 503);
    const metrics = await metricsOf(worker);
    assert.match(metrics, /^wearon_ready 0$/m);
    const health = await (await fetch(`${worker.address}/health`)).text();
    assert.match(health, /maxmemory-policy allkeys-lru/);
    await platform.redis.config('SET', 'maxmemory-policy', 'noeviction');
    await assertCompleted(crash.shop, tryOn);
    await until('the worker to be ready', async () => (await readiness(worker)) === 200);
    assertJson(worker);
  } finally {
    await platform.redis.config('SET', 'maxmemory-policy', 'noeviction');
  }
});
