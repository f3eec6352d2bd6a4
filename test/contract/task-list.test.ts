/** The platform's list of tasks, held to its port on a real Redis. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { beforeEach, describe, it } from 'node:test';
import { until } from '../../local/until.ts';
import { connectRedis } from '../../src/adapters/redis/connection.ts';
import { startDraining, stopDraining } from '../../src/adapters/redis/drain.ts';
import { readQueueStats } from '../../src/adapters/redis/queue-stats.ts';
import {
  DEAD_LETTER_LIST,
  INTAKE_LIST,
  RedisTaskList,
  TASK_LIST,
} from '../../src/adapters/redis/task-list.ts';
import { MAX_TASK_BYTES } from '../../src/ports/session.ts';
import { afterTests } from '../support/after-tests.ts';
import { openRedis } from '../support/redis.ts';
import { watchCommands } from './redis-commands.ts';

const { url, redis } = afterTests.use(await openRedis());
const connect = () =>
  afterTests.adopt(
    connectRedis(url, () => undefined),
    (connection) => connection.disconnect(),
  );
const source = new RedisTaskList(redis, connect());

beforeEach(async () => {
  await redis.flushall();
  // Puts the bell back.
  await source.take(0.01, 1);
});

const isoAt = (second: number) => new Date(second * 1000).toISOString();

/** Resolves when so many connections wait for a task. */
function waitingConnections(count: number) {
  const isIt = async () => (await redis.info('clients')).includes(`blocked_clients:${count}`);
  return until(`${count} to wait`, isIt);
}

const takeOne = async (waitSeconds: number) => (await source.take(waitSeconds, 1))[0];

async function bytesSent(): Promise<number> {
  return Number(/total_net_output_bytes:(\d+)/.exec(await redis.info('stats'))?.[1]);
}

describe('the task source', () => {
  it('takes the oldest first and keeps it on the intake list until the ack', async () => {
    const odd = Buffer.from([0xff, 0x00, 0x7b]);
    await redis.lpush(TASK_LIST, odd);
    await redis.lpush(TASK_LIST, 'second');
    const first = await takeOne(1);
    assert.deepEqual(first, odd);
    assert.deepEqual(await source.leftovers(), [odd]);
    assert.equal(await source.acknowledge(odd), true);
    assert.equal(await source.acknowledge(odd), false);
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
    const other = new RedisTaskList(redis, connect());
    const waiting = [source.take(30, 1), other.take(30, 1)];
    await waitingConnections(2);
    await redis.lpush(TASK_LIST, 'only');
    const taken = await Promise.any(
      waiting.map(async (take) => (await take)[0] ?? Promise.reject()),
    );
    assert.equal(String(taken), 'only');
    await redis.lpush(TASK_LIST, 'for who waits still');
    await Promise.all(waiting);
    assert.equal((await source.leftovers()).length + (await redis.llen(TASK_LIST)), 2);
  });

  it('asks the list once for a task that comes while it waits', async () => {
    using watch = await watchCommands(redis);
    const taking = source.take(30, 2);
    await until('it to wait', () => watch.commands.includes('blmove'));
    await redis.lpush(TASK_LIST, 'only');
    assert.equal((await taking).length, 1);
    await redis.ping();
    await until('all to be seen', () => watch.commands.includes('ping'));
    assert.deepEqual(watch.commands, ['blmove', 'lpush', 'eval', 'ping']);
  });

  it('takes no task from the moment of a drain on, even if it waited for one', async () => {
    const taking = takeOne(30);
    await waitingConnections(1);
    await startDraining(redis);
    await redis.lpush(TASK_LIST, 'last');
    assert.equal(await taking, undefined);
    assert.deepEqual(await source.leftovers(), []);
    await stopDraining(redis);
    assert.equal(String(await takeOne(1)), 'last');
  });

  it('takes a task that came while Redis had lost the bell', async () => {
    const taking = takeOne(30);
    await waitingConnections(1);
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
      const letter = { reason: 'bad', sessionId: null, raw: '"at":"0"' };
      await source.keepDeadLetter({ ...letter, at: isoAt(count) });
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
