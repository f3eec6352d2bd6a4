/** What messages and texts can do to the queue: see src/adapters/redis/task-list.ts. */
import { randomUUID } from 'node:crypto';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { Redis } from 'ioredis';
import { startRedis } from '../../local/redis.ts';
import { BullGenerationJobs } from '../../src/adapters/redis/jobs/generation-queue.ts';
import { BullRefunds } from '../../src/adapters/redis/jobs/refund-queue.ts';
import { RedisTaskList, TASK_LIST } from '../../src/adapters/redis/task-list.ts';
import { redact } from '../../src/telemetry/redaction.ts';
import { admitLeftovers } from '../../src/tryon/intake.ts';
import { timeMs } from '../timing.ts';
import type { Attack } from './attack.ts';

const MEGABYTE = 1e6;

/** Does the work on a Redis of its own, and ends it. */
async function onRedis<T>(work: (redis: Redis, source: RedisTaskList) => Promise<T>): Promise<T> {
  await using folder = await mkdtempDisposable(`${tmpdir()}/attack-`);
  await using server = await startRedis({ folder: folder.path });
  const [redis, blocking] = [new Redis(server.url), new Redis(server.url)];
  try {
    return await work(redis, new RedisTaskList(redis, blocking));
  } finally {
    redis.disconnect();
    blocking.disconnect();
  }
}

async function infoOf(redis: Redis, field: string): Promise<number> {
  return Number(new RegExp(`${field}:(\\d+)`).exec(await redis.info())?.[1]);
}

/** Bytes that reach the worker of one message, in 10^6. */
function largeMessage(bytes: number): Promise<number> {
  return onRedis(async (redis, source) => {
    await redis.lpush(TASK_LIST, Buffer.alloc(bytes, 'x'));
    const before = await infoOf(redis, 'total_net_output_bytes');
    await source.waitingSessionIds();
    await source.take(1, 1);
    return ((await infoOf(redis, 'total_net_output_bytes')) - before) / MEGABYTE;
  });
}

const ORDERS = 1000;

/** A task with a prompt of almost 1 MiB; unusable ones have a version of their own. */
function order(version: number): string {
  return JSON.stringify({
    task_id: randomUUID(),
    channel: 'b2c',
    user_id: randomUUID(),
    session_id: randomUUID(),
    image_urls: ['https://images.example/a.jpg'],
    prompt: 'x'.repeat(1_000_000),
    request_id: randomUUID(),
    version,
    created_at: new Date().toISOString(),
  });
}

/** Memory that Redis uses more once all orders are handed over, in 10^6 bytes. */
function manyOrders(version: number): Promise<number> {
  return onRedis(async (redis, source) => {
    await using jobs = new BullGenerationJobs(redis);
    await using refunds = new BullRefunds(redis);
    const deps = { source, jobs, refunds, record: () => undefined, maxImages: 16 };
    const before = await infoOf(redis, 'used_memory');
    for (let count = 0; count < ORDERS; count += 1) {
      await redis.lpush(TASK_LIST, order(version));
      await source.take(1, 1);
      await admitLeftovers(deps, new AbortController().signal);
    }
    return ((await infoOf(redis, 'used_memory')) - before) / MEGABYTE;
  });
}

export const MESSAGE_ATTACKS: readonly Attack[] = [
  {
    name: 'orders that are refused',
    sent: `${ORDERS} of 1 MB each that can never become a job`,
    figure: 'MB that stay in Redis',
    before: '384 after 304 orders: full',
    limit: 64,
    measure: () => manyOrders(9),
  },
  {
    name: 'prompts of any length',
    sent: `${ORDERS} orders with a prompt of 1 MB each`,
    figure: 'MB that wait in Redis',
    before: 'all of it',
    limit: 64,
    measure: () => manyOrders(1),
  },
  {
    name: 'a message of any length',
    sent: 'one of 100 MB',
    figure: 'MB that reach the worker',
    before: 'all of it; 400 MB ended the process',
    limit: 1.5,
    measure: () => largeMessage(100 * MEGABYTE),
  },
  {
    name: 'a request id of any length',
    sent: '200,000 letters, to be logged',
    figure: 'seconds that the process stands still',
    before: '21',
    limit: 0.1,
    measure: async () => (await timeMs(async () => redact('a'.repeat(200_000)))) / 1000,
  },
];
