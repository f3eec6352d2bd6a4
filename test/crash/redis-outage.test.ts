/**
 * Redis fails over, is away for longer than a job's lock, or refuses service: no paid call is
 * repeated, no task is lost, and the worker says that it is not ready.
 */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { until } from '../../local/until.ts';
import { afterTests } from '../support/after-tests.ts';
import { asUser, withRedis } from '../support/redis.ts';
import { type OutageScene, openOutage } from '../support/redis-outage.ts';
import { openShop } from '../support/shop.ts';

const shop = afterTests.use(await openShop());

const TASKS = 3;
const CALL_MS = 6000;

/** `status` of the worker's /readyz. */
async function readiness({ workers }: OutageScene): Promise<number> {
  return (await fetch(`${workers[0]?.address}/readyz`)).status;
}

/** How often Redis refused the command for a missing right, by INFO commandstats. */
function rejectedCalls(stats: string, command: string): number {
  return Number(new RegExp(`cmdstat_${command}:.*rejected_calls=(\\d+)`).exec(stats)?.[1] ?? 0);
}

function errorLines({ workers }: OutageScene) {
  return workers.flatMap(({ lines }) => lines.filter(({ level }) => level === 'error'));
}

it('after a failover with open connections each task ends, with one call', async () => {
  await using scene = await openOutage(shop, { callMs: 2000 });
  const early = await scene.push(TASKS);
  await scene.calls(TASKS);
  await scene.failOver();
  const late = await scene.push(TASKS);
  const statuses = await scene.ended([...early, ...late]);
  assert.deepEqual(new Set(statuses), new Set(['completed']));
  assert.equal(scene.callCount, 2 * TASKS);
  await until('the worker to be ready', async () => (await readiness(scene)) === 200);
});

for (const workers of [1, 2]) {
  it(`an outage longer than the lock repeats no paid call: ${workers} worker(s)`, async () => {
    await using scene = await openOutage(shop, { workers, callMs: CALL_MS });
    const tryOns = await scene.push(TASKS);
    await scene.calls(TASKS);
    const { target } = scene.gateway;
    scene.gateway.target = null;
    scene.gateway.cut();
    const [{ sessionId } = assert.fail()] = tryOns;
    const lock = `wearon:bull:generation:${sessionId}:lock`;
    await until('the lock to expire', () =>
      withRedis(shop.stack.redis.url, async (redis) => (await redis.exists(lock)) === 0),
    );
    scene.gateway.target = target;
    assert.deepEqual(new Set(await scene.ended(tryOns)), new Set(['completed']));
    assert.equal(scene.callCount, TASKS);
  });
}

it('a full Redis is waited for: one log line, not ready, no call repeated', async () => {
  await using scene = await openOutage(shop, { callMs: CALL_MS });
  const tryOns = await scene.push(TASKS);
  await scene.calls(TASKS);
  await until('the worker to be ready', async () => (await readiness(scene)) === 200);
  await withRedis(shop.stack.redis.url, async (redis) => {
    await redis.config('SET', 'maxmemory', '1');
    await until('the worker not to be ready', async () => (await readiness(scene)) === 503);
    const [{ sessionId } = assert.fail()] = tryOns;
    const lock = `wearon:bull:generation:${sessionId}:lock`;
    await until('the lock to expire', async () => (await redis.exists(lock)) === 0);
    await redis.config('SET', 'maxmemory', '0');
  });
  assert.deepEqual(new Set(await scene.ended(tryOns)), new Set(['completed']));
  assert.equal(scene.callCount, TASKS);
  await until('the worker to be ready', async () => (await readiness(scene)) === 200);
  assert.deepEqual(
    errorLines(scene).map(({ loop }) => loop),
    ['redis'],
  );
});

it('a read-only replica at the start is waited for, in one log line', async () => {
  await withRedis(shop.stack.redis.url, async (redis) => {
    await redis.replicaof('127.0.0.1', 1);
    try {
      await using scene = await openOutage(shop, { callMs: 0 });
      const [worker = assert.fail()] = scene.workers;
      const { error } = await worker.logged('loop_error', ({ loop }) => loop === 'redis');
      assert.match(JSON.stringify(error), /READONLY/);
      assert.equal(await readiness(scene), 503);
      await redis.replicaof('NO', 'ONE');
      const tryOns = await scene.push(TASKS);
      assert.deepEqual(new Set(await scene.ended(tryOns)), new Set(['completed']));
      await until('the worker to be ready', async () => (await readiness(scene)) === 200);
      assert.equal(errorLines(scene).length, 1);
    } finally {
      await redis.replicaof('NO', 'ONE');
    }
  });
});

it('error answers make the loops rest instead of filling the log', async () => {
  const rights = '~wearon:* +@all -bzpopmin -blmove -evalsha';
  const { url } = shop.stack.redis;
  const asPoor = await withRedis(url, (redis) => asUser(url, { redis, rights }));
  await using scene = await openOutage(shop, { callMs: 0, env: { REDIS_URL: asPoor } });
  const [worker = assert.fail()] = scene.workers;
  await worker.logged('loop_error', ({ loop }) => loop === 'intake');
  await worker.logged('loop_error', ({ loop }) => loop === 'jobs');
  assert.equal(await readiness(scene), 503);
  const refused = await until('both loops to have tried three times', async () => {
    const stats = await withRedis(shop.stack.redis.url, (redis) => redis.info('commandstats'));
    const counts = ['blmove', 'bzpopmin'].map((command) => rejectedCalls(stats, command));
    return counts.every((count) => count >= 3) && counts;
  });
  assert.ok(Math.max(...refused) < 100, `${refused} commands were refused`);
  assert.ok(errorLines(scene).length < 20, `${errorLines(scene).length} lines`);
});
