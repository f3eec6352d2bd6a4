/**
 * Workers on a Redis that fails: behind a port that can be switched to another server, with tasks
 * whose paid calls are under way, and what became of them.
 */
import { createPerson, TASK_LIST, type TryOn } from '../../local/platform.ts';
import type { RedisServer } from '../../local/redis.ts';
import { until } from '../../local/until.ts';
import { startTcpSwitch, type TcpSwitch } from './network/tcp-switch.ts';
import { startSpareRedis, withRedis } from './redis.ts';
import { orderMany, type Shop, settledRow } from './shop.ts';
import { QUICK_RECOVERY, startWorkerProcess, type WorkerProcess } from './worker-process.ts';

export interface OutageScene extends AsyncDisposable {
  readonly workers: readonly WorkerProcess[];
  /** Between the workers and their Redis. */
  readonly gateway: TcpSwitch;
  /** Orders and pushes tasks to the Redis that is the primary now. */
  push(count: number): Promise<TryOn[]>;
  /** Resolves when as many paid calls have been begun since the scene was opened. */
  calls(count: number): Promise<unknown>;
  /** Paid calls since the scene was opened. */
  readonly callCount: number;
  /** Resolves with the statuses once all have ended. */
  ended(tryOns: readonly TryOn[]): Promise<string[]>;
  /** The primary becomes a replica of a new one, which takes over its port; connections stay open. */
  failOver(): Promise<void>;
}

export interface OutageOptions {
  readonly workers?: number;
  readonly callMs: number;
  readonly env?: Record<string, string>;
}

/** Starts workers with a lock of 2 s on the shop's Redis. */
export async function openOutage(shop: Shop, options: OutageOptions): Promise<OutageScene> {
  await using parts = new AsyncDisposableStack();
  const { stack, platform } = shop;
  const gateway = parts.use(await startTcpSwitch(stack.redis.port));
  stack.openai.latencyMs = options.callMs;
  const callsBefore = stack.openai.calls.length;
  const env = {
    ...stack.env,
    ...QUICK_RECOVERY,
    REDIS_URL: `redis://127.0.0.1:${gateway.port}`,
    ...options.env,
  };
  const starting = Array.from({ length: options.workers ?? 1 }, () => startWorkerProcess(env));
  const workers = await Promise.all(starting);
  for (const worker of workers) parts.use(worker);
  let primary = stack.redis.url;
  const opened = parts.move();
  const callCount = () => stack.openai.calls.length - callsBefore;
  return {
    workers,
    gateway,
    get callCount() {
      return callCount();
    },
    async push(count) {
      const person = await createPerson(platform, { credits: count });
      const tryOns = await orderMany(platform, person, count);
      await withRedis(primary, (redis) =>
        redis.lpush(TASK_LIST, ...tryOns.map(({ message }) => message)),
      );
      return tryOns;
    },
    calls: (count) => until(`${count} paid calls`, () => callCount() >= count),
    ended: (tryOns) =>
      Promise.all(tryOns.map(async (tryOn) => String((await settledRow(shop, tryOn)).status))),
    async failOver() {
      const next = opened.use(await startSpareRedis());
      await replicate(stack.redis, next);
      await promote(next);
      await withRedis(stack.redis.url, (redis) => redis.replicaof('127.0.0.1', next.port));
      opened.defer(() => promote(stack.redis));
      gateway.target = next.port;
      primary = next.url;
    },
    [Symbol.asyncDispose]: async () => {
      stack.openai.latencyMs = 0;
      await opened.disposeAsync();
      await withRedis(stack.redis.url, (redis) => redis.flushall());
    },
  };
}

/** Resolves when the replica holds what the primary has. */
async function replicate(primary: RedisServer, replica: RedisServer): Promise<void> {
  await withRedis(replica.url, async (redis) => {
    await redis.replicaof('127.0.0.1', primary.port);
    await until('the replica', async () =>
      (await redis.info('replication')).includes('master_link_status:up'),
    );
  });
}

async function promote({ url }: RedisServer): Promise<void> {
  await withRedis(url, (redis) => redis.replicaof('NO', 'ONE'));
}
