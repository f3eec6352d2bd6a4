/**
 * The Redis adapters, held to their ports on a real Redis.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { beforeEach, describe, it } from 'node:test';
import { Queue } from 'bullmq';
import { until } from '../../local/until.ts';
import { connectRedis, evictionRisk } from '../../src/adapters/redis/connection.ts';
import { startDraining, stopDraining } from '../../src/adapters/redis/drain.ts';
import { nextRound, othersWait, roundStarted } from '../../src/adapters/redis/fair-queue.ts';
import { BullGenerationJobs } from '../../src/adapters/redis/generation-queue.ts';
import { readMemoryUsage } from '../../src/adapters/redis/memory-usage.ts';
import { readQueueStats } from '../../src/adapters/redis/queue-stats.ts';
import {
  RECONCILIATION_HASH,
  RESOLVED_HASH,
  RedisReconciliation,
} from '../../src/adapters/redis/reconciliation.ts';
import { BullRefunds, BullRefundWorker } from '../../src/adapters/redis/refund-queue.ts';
import {
  DEAD_LETTER_LIST,
  INTAKE_LIST,
  RedisTaskList,
  TASK_LIST,
} from '../../src/adapters/redis/task-list.ts';
import { publicText, TaskError } from '../../src/errors.ts';
import type { RefundIntent, RefundJob } from '../../src/ports/refunds.ts';
import { MAX_TASK_BYTES, type Task } from '../../src/ports/session.ts';
import { refundIntent } from '../../src/tryon/refund-intent.ts';
import { afterTests } from '../support/after-tests.ts';
import { openShop } from '../support/shop.ts';

const shop = afterTests.use(await openShop());
const connect = () =>
  afterTests.adopt(
    connectRedis(shop.stack.redis.url, () => undefined),
    (redis) => redis.disconnect(),
  );
const redis = connect();
const blocking = connect();
const source = new RedisTaskList(redis, blocking);

beforeEach(() => redis.flushall());

const isoAt = (second: number) => new Date(second * 1000).toISOString();

/** A second replica's view of the list. */
async function anotherSource() {
  const connection = connectRedis(shop.stack.redis.url, () => undefined);
  return {
    source: new RedisTaskList(redis, connection),
    [Symbol.asyncDispose]: async () => connection.disconnect(),
  };
}

async function bytesSent(): Promise<number> {
  return Number(/total_net_output_bytes:(\d+)/.exec(await redis.info('stats'))?.[1]);
}

function task(): Task {
  return {
    channel: 'b2c',
    ownerId: randomUUID(),
    sessionId: randomUUID(),
    taskId: randomUUID(),
    imageUrls: ['https://example.com/a.jpg'],
    prompt: '',
    requestId: 'req',
    createdAt: new Date().toISOString(),
  };
}

const takeOne = async (waitSeconds: number) => (await source.take(waitSeconds, 1))[0];

describe('the task source', () => {
  it('takes the oldest first and keeps it on the intake list until the ack', async () => {
    const odd = Buffer.from([0xff, 0x00, 0x7b]);
    await redis.lpush(TASK_LIST, odd);
    await redis.lpush(TASK_LIST, 'second');
    const first = await takeOne(1);
    assert.deepEqual(first, odd);
    assert.deepEqual(await source.leftovers(), [odd]);
    await source.acknowledge(odd);
    assert.deepEqual(await source.leftovers(), []);
    assert.equal(String(await takeOne(1)), 'second');
    assert.equal(await takeOne(0.05), undefined);
  });

  it('takes several in one step, and fewer once they are large', async () => {
    await redis.lpush(TASK_LIST, 'first', 'second', 'third');
    assert.deepEqual((await source.take(1, 2)).map(String), ['first', 'second']);
    await redis.lpush(TASK_LIST, Buffer.alloc(2 * MAX_TASK_BYTES, 'x'), 'last');
    const taken = await source.take(1, 9);
    assert.deepEqual(
      taken.map(({ byteLength }) => byteLength),
      ['third'.length, MAX_TASK_BYTES + 1],
    );
    assert.equal((await source.leftovers()).length, 4);
    assert.deepEqual((await source.take(1, 9)).map(String), ['last']);
  });

  it('waits for a task, and gives it to one of those that wait', async () => {
    await using other = await anotherSource();
    const waiting = [source.take(30, 1), other.source.take(1, 1)];
    await until('both to wait', async () =>
      (await redis.info('clients')).includes('blocked_clients:2'),
    );
    await redis.lpush(TASK_LIST, 'only');
    const taken = await Promise.any(
      waiting.map(async (take) => (await take)[0] ?? Promise.reject()),
    );
    assert.equal(String(taken), 'only');
    await redis.lpush(TASK_LIST, 'for who waits still');
    await Promise.all(waiting);
    assert.equal((await source.leftovers()).length + (await redis.llen(TASK_LIST)), 2);
  });

  it('takes no task from the moment of a drain on, even if it waited for one', async () => {
    const taking = takeOne(30);
    await until('it to wait', async () =>
      (await redis.info('clients')).includes('blocked_clients:1'),
    );
    await startDraining(redis);
    await redis.lpush(TASK_LIST, 'last');
    assert.equal(await taking, undefined);
    assert.deepEqual(await source.leftovers(), []);
    await stopDraining(redis);
    assert.equal(String(await takeOne(1)), 'last');
  });

  it('takes a task that came while Redis had lost the bell', async () => {
    const taking = takeOne(30);
    await until('it to wait', async () =>
      (await redis.info('clients')).includes('blocked_clients:1'),
    );
    await redis.flushall();
    await redis.lpush(TASK_LIST, 'first');
    assert.equal(String(await taking), 'first');
    assert.deepEqual((await source.leftovers()).map(String), ['first']);
  });

  it('transfers and keeps only the beginning of a message that is too large', async () => {
    const large = Buffer.alloc(16 * MAX_TASK_BYTES, 'x');
    await redis.lpush(TASK_LIST, large, 'next');
    const receivedBefore = await bytesSent();
    assert.equal((await takeOne(1))?.byteLength, MAX_TASK_BYTES + 1);
    assert.equal(String(await takeOne(1)), 'next');
    await redis.lpush(TASK_LIST, large);
    assert.deepEqual([...(await source.waitingSessionIds())], []);
    await readQueueStats(redis);
    assert.ok((await bytesSent()) - receivedBefore < 3 * MAX_TASK_BYTES);
  });

  it('cuts what a former release left whole on the intake list', async () => {
    await redis.lpush(INTAKE_LIST, Buffer.alloc(2 * MAX_TASK_BYTES, 'x'), 'small');
    const [small, cut] = await source.leftovers();
    assert.deepEqual([String(small), cut?.byteLength], ['small', MAX_TASK_BYTES + 1]);
    await source.acknowledge(cut as Buffer);
    assert.equal(await redis.llen(INTAKE_LIST), 1);
  });

  it('keeps the latest dead letters only, and none from before the retention', async () => {
    for (let count = 0; count < 520; count += 1) {
      await source.keepDeadLetter({
        reason: 'bad',
        at: isoAt(count),
        sessionId: null,
        raw: '"at":"0"',
      });
    }
    assert.equal(await redis.llen(DEAD_LETTER_LIST), 500);
    assert.equal(await source.dropLettersBefore(new Date(isoAt(510))), 490);
    const left = await redis.lrange(DEAD_LETTER_LIST, 0, -1);
    assert.deepEqual(
      left.map((text) => JSON.parse(text).at),
      Array.from({ length: 10 }, (_, i) => isoAt(519 - i)),
    );
    await redis.rpush(DEAD_LETTER_LIST, 'no letter');
    assert.equal(await source.dropLettersBefore(new Date(isoAt(600))), 11);
    assert.equal(await source.dropLettersBefore(new Date()), 0);
  });

  it('buries a task once, however often it is asked to', async () => {
    await redis.lpush(INTAKE_LIST, 'bad');
    const letter = { reason: 'bad', at: 'now', sessionId: null, raw: 'bad' };
    await source.bury(Buffer.from('bad'), letter);
    await source.bury(Buffer.from('bad'), letter);
    assert.equal(await redis.llen(DEAD_LETTER_LIST), 1);
    assert.equal(await redis.llen(INTAKE_LIST), 0);
  });

  it('knows every waiting session, past a page and whatever else lies there', async () => {
    const ids = Array.from({ length: 1200 }, () => randomUUID());
    await redis.lpush(
      TASK_LIST,
      'no json',
      ...ids.slice(1).map((id) => JSON.stringify({ session_id: id })),
    );
    await redis.lpush(INTAKE_LIST, JSON.stringify({ session_id: ids[0] }));
    assert.deepEqual([...(await source.waitingSessionIds())].sort(), ids.sort());
  });
});

describe('the generation jobs', () => {
  it('are one for a session', async () => {
    await using jobs = new BullGenerationJobs(redis);
    const [one, two] = [task(), task()];
    await jobs.add(one);
    await jobs.add({ ...one, prompt: 'another' });
    await jobs.add(two);
    const alive = await jobs.aliveAmong([one.sessionId, two.sessionId, randomUUID()]);
    assert.deepEqual([...alive].sort(), [one.sessionId, two.sessionId].sort());
    await jobs.forget(one.sessionId);
    assert.deepEqual([...(await jobs.aliveAmong([one.sessionId]))], []);
  });
});

describe('the fair queue', () => {
  const rounds = async (...owners: string[]) => {
    const taken: number[] = [];
    for (const owner of owners) taken.push(await nextRound(redis, owner));
    return taken;
  };

  it('give each owner one task in a round, newcomers from the next one on', async () => {
    assert.deepEqual(await rounds('hog', 'hog', 'hog', 'other', 'hog'), [1, 2, 3, 1, 4]);
    await roundStarted(redis, 3);
    await roundStarted(redis, 2);
    assert.deepEqual(await rounds('newcomer', 'hog', 'other'), [4, 5, 4]);
  });

  it('begin again only when nothing waits and nothing came for a while', async () => {
    await using jobs = new BullGenerationJobs(redis);
    const takenAt = (ms: number) => redis.hset('wearon:turns', 'takenMs', ms);
    const waiting = task();
    await takenAt(Date.now());
    await roundStarted(redis, 50);
    assert.deepEqual(await rounds('one'), [51]);
    await jobs.add(waiting);
    await takenAt(0);
    assert.deepEqual(await rounds('one'), [52]);
    await jobs.forget(waiting.sessionId);
    assert.deepEqual(await rounds('one'), [53]);
    await takenAt(0);
    assert.deepEqual(await rounds('one'), [1]);
  });

  it('knows whether another owner is among the next', async () => {
    await using jobs = new BullGenerationJobs(redis);
    const [own, other] = [task(), task()];
    await jobs.add({ ...own, prompt: `"ownerId":"${other.ownerId}"` });
    assert.equal(await othersWait(redis, own.ownerId), false);
    await jobs.add(other);
    assert.equal(await othersWait(redis, own.ownerId), true);
    assert.equal(await othersWait(redis, other.ownerId), true);
  });

  it('stay within what the queue can sort', async () => {
    await roundStarted(redis, 2_097_151);
    await redis.hset('wearon:turns', 'takenMs', Date.now());
    assert.deepEqual(await rounds('one', 'one'), [2_097_151, 2_097_151]);
  });
});

describe('the refunds', () => {
  it('of a former release are carried out, with the text of that failure', async () => {
    const { channel, ownerId, sessionId } = task();
    const former = { channel, ownerId, sessionId, requestId: null, code: 'ABANDONED' };
    const completedAt = '2026-01-01T00:00:00.000Z';
    const queue = new Queue('refund', { connection: redis, prefix: 'wearon:bull' });
    await queue.add('refund', { ...former, detail: null, completedAt });
    const { promise, resolve } = Promise.withResolvers<RefundIntent>();
    const run = async ({ intent }: RefundJob) => {
      resolve(intent);
      return { kind: 'done' } as const;
    };
    const times = { concurrency: 1, lockMs: 2000 };
    await using _worker = new BullRefundWorker(redis, times, run, assert.ifError);
    const text = publicText('ABANDONED', null);
    assert.deepEqual(await promise, { ...former, detail: null, completedAt, version: 0, text });
    await queue.close();
  });

  it('are one at a time for a session, and known until they are done', async () => {
    await using refunds = new BullRefunds(redis);
    const { channel, ownerId, sessionId } = task();
    const ref = { channel, ownerId, sessionId };
    await refunds.add(refundIntent(ref, null, new TaskError('ABANDONED')));
    await refunds.add(refundIntent(ref, null, new TaskError('DEADLINE_EXCEEDED')));
    assert.deepEqual([...(await refunds.aliveAmong([sessionId, randomUUID()]))], [sessionId]);
    assert.equal(await redis.llen('wearon:bull:refund:wait'), 1);
  });
});

it('a Redis that evicts is a risk, one that does not is none', async () => {
  assert.deepEqual(await evictionRisk(redis), { kind: 'none' });
  await redis.config('SET', 'maxmemory-policy', 'allkeys-lru');
  assert.deepEqual(await evictionRisk(redis), { kind: 'evicts', policy: 'allkeys-lru' });
  await redis.config('SET', 'maxmemory-policy', 'noeviction');
});

it('the memory of Redis is known with and without a limit', async () => {
  await redis.config('SET', 'maxmemory', '0');
  const unlimited = await readMemoryUsage(redis);
  assert.ok((unlimited?.usedBytes ?? 0) > 100_000);
  assert.equal(unlimited?.limitBytes, null);
  await redis.config('SET', 'maxmemory', '1gb');
  assert.equal((await readMemoryUsage(redis))?.limitBytes, 1024 ** 3);
  await redis.config('SET', 'maxmemory', '0');
});

describe('records for a person', () => {
  const SESSION = '019a8c5e-0000-7000-8000-000000000003';
  const FORMER = {
    ...{ channel: 'b2b', ownerId: 'o', sessionId: SESSION, requestId: null },
    ...{ reason: 'no_payment_found', credits: 1, at: '2026-11-28T00:00:00.000Z' },
  };

  it('of a former or later release are read, and kept whole when filed away', async () => {
    const reconciliation = new RedisReconciliation(redis);
    const later = { ...FORMER, version: 2, reason: 'of_a_later_release', more: true };
    for (const record of [FORMER, later]) {
      await redis.hset(RECONCILIATION_HASH, SESSION, JSON.stringify(record));
      const [read] = await reconciliation.open();
      assert.deepEqual([read?.sessionId, read?.reason], [SESSION, record.reason]);
    }
    await reconciliation.resolve(SESSION, 'done');
    const filed = JSON.parse((await redis.hget(RESOLVED_HASH, SESSION)) ?? '');
    assert.deepEqual([filed.version, filed.more, filed.note], [2, true, 'done']);
  });

  it('that cannot be read are not overlooked', async () => {
    await redis.hset(RECONCILIATION_HASH, SESSION, 'nonsense');
    await assert.rejects(new RedisReconciliation(redis).open(), /cannot be read/);
    await redis.del(RECONCILIATION_HASH);
  });
});
