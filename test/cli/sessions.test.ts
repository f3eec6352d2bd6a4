/**
 * `wearon sessions show`, `janitor` and `erase`, and the launcher behind `bin/wearon`.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, it } from 'node:test';
import type { Redis } from 'ioredis';
import { moderationBlocked } from '../../local/openai/vendor-errors.ts';
import {
  createPerson,
  createShopper,
  createStore,
  refundFailedPush,
  type TryOn,
} from '../../local/platform.ts';
import { BullGenerationJobs } from '../../src/adapters/redis/jobs/generation-queue.ts';
import { RedisTaskList } from '../../src/adapters/redis/task-list.ts';
import { deadLetter } from '../../src/tryon/dead-letter.ts';
import { afterTests } from '../support/after-tests.ts';
import { wearon, wearonWith } from '../support/cli.ts';
import {
  assertCompleted,
  assertRefundedOnce,
  openShop,
  orderTryOn,
  push,
  settledRow,
} from '../support/shop.ts';
import { objectPaths, storeObjects } from '../support/supabase/bucket.ts';
import { startWorkerProcess } from '../support/worker-process.ts';

const shop = afterTests.use(await openShop());

const run = wearonWith(shop.stack.env);

describe('sessions show', () => {
  it('shows a session in one view, without link, prompt or e-mail', async () => {
    await using worker = await startWorkerProcess(shop.stack.env);
    const shopper = await createShopper(shop.platform);
    const done = await orderTryOn(shop.platform, shopper);
    await push(shop.platform, done);
    await settledRow(shop, done);
    const failed = await orderTryOn(shop.platform, shopper);
    shop.stack.openai.faults.add(moderationBlocked());
    await push(shop.platform, failed);
    await worker.logged('credit_refunded', failed);
    await worker.end('SIGTERM');

    const good = (await run('sessions', 'show', done.sessionId, '--json')).json;
    assert.deepEqual([good.row.status, good.job.state], ['completed', 'completed']);
    assert.equal(good.job.journal.providerCalls, 1);
    assert.equal(good.picture.stored, true);
    assert.deepEqual(
      good.ledger.map(({ type }: { type: string }) => type),
      ['deduction'],
    );

    const text = (await run('sessions', 'show', failed.sessionId)).stdout;
    const facts = [/stored +false/, /shopper_email +present/];
    for (const said of [/status +failed/, /refund +1 /, /safety filter/, ...facts]) {
      assert.match(text, said);
    }
    for (const output of [text, JSON.stringify(good)]) {
      assert.doesNotMatch(output, /token=|https?:\/\/|@shopper\.test|fashion photograph/);
    }
  });

  it('finds a session on the list, and one that is only in a dead letter', async () => {
    const { redis } = shop.platform;
    const tryOn = await orderTryOn(shop.platform, await createPerson(shop.platform));
    await push(shop.platform, tryOn);
    const waiting = (await run('sessions', 'show', tryOn.sessionId, '--json')).json;
    assert.deepEqual([waiting.onList, waiting.job, waiting.row.status], [true, null, 'queued']);
    const sessionId = randomUUID();
    const letter = { reason: 'unknown version', at: new Date().toISOString(), sessionId, raw: '' };
    await redis.lpush('wearon:tasks:generation:dead', JSON.stringify(letter));
    const dead = (await run('sessions', 'show', sessionId, '--json')).json;
    assert.deepEqual([dead.row, dead.deadLetters[0].reason], [null, 'unknown version']);
    await redis.flushall();
  });

  it('shows a session whose request id has 16,000 letters', async () => {
    const tryOn = await orderTryOn(shop.platform, await createStore(shop.platform));
    const values = [tryOn.sessionId, 'x'.repeat(16_000)];
    const update = 'update store_generation_sessions set request_id = $2 where id = $1';
    await shop.stack.database.query(update, values);
    const { code, json, stderr } = await run('sessions', 'show', tryOn.sessionId, '--json');
    assert.equal(json?.row?.id, tryOn.sessionId, stderr);
    assert.ok(code === 0 || code === 1);
    assert.deepEqual(json.ledger, []);
  });

  it("shows the payment and the platform's refund of a person's order", async () => {
    const person = await createPerson(shop.platform);
    const earlier = await orderTryOn(shop.platform, person);
    const hourAgo = "update credit_transactions set created_at = created_at - interval '1 hour'";
    await shop.stack.database.query(`${hourAgo} where user_id = $1`, [person.userId]);
    const tryOn = await orderTryOn(shop.platform, person);
    await refundFailedPush(shop.platform, tryOn);
    const ledgerOf = async ({ sessionId }: TryOn) =>
      (await run('sessions', 'show', sessionId, '--json')).json.ledger.map(
        ({ type, amount }: { type: string; amount: number }) => [type, amount],
      );
    assert.deepEqual(await ledgerOf(tryOn), [
      ['deduction', -1],
      ['refund', 1],
    ]);
    const longAgo = "update generation_sessions set created_at = created_at - interval '3 hours'";
    await shop.stack.database.query(`${longAgo} where id = $1`, [earlier.sessionId]);
    assert.deepEqual(await ledgerOf(earlier), []);
  });

  it('ends with 1 for a session that is unknown', async () => {
    assert.equal((await run('sessions', 'show', randomUUID())).code, 1);
  });
});

describe('sessions list', () => {
  it('lists the newest failed sessions, of one store when asked', async () => {
    const store = await createStore(shop.platform);
    const other = await createPerson(shop.platform);
    const [mine, its, open] = [
      await orderTryOn(shop.platform, store),
      await orderTryOn(shop.platform, other),
      await orderTryOn(shop.platform, store),
    ];
    const failing = (table: string, id: string) =>
      shop.stack.database.query(`update ${table} set status = 'failed' where id = $1`, [id]);
    await failing('store_generation_sessions', mine.sessionId);
    await failing('generation_sessions', its.sessionId);
    const idsOf = async (...args: string[]) => {
      const { json } = await run('sessions', 'list', '--since', '1h', '--json', ...args);
      return json.sessions.map(({ id }: { id: string }) => id);
    };
    assert.deepEqual(await idsOf('--failed', '--store', store.storeId), [mine.sessionId]);
    const failed = await idsOf('--failed');
    assert.ok(failed.includes(mine.sessionId) && failed.includes(its.sessionId));
    assert.ok(!failed.includes(open.sessionId));
    assert.deepEqual((await idsOf('--store', store.storeId))[0], open.sessionId);
    assert.equal((await run('sessions', 'list', '--limit', '0')).code, 2);
    const { stdout } = await run('sessions', 'list', '--store', randomUUID());
    assert.equal(stdout, 'There is no such session in this time.\n');
    const { limits } = shop.stack.supabase;
    limits.maxRows = 1;
    try {
      assert.equal((await idsOf('--store', store.storeId)).length, 2);
      assert.equal((await idsOf('--limit', '2')).length, 2);
    } finally {
      limits.maxRows = 1000;
    }
  });
});

describe('janitor', () => {
  it('counts in a dry run, deletes for real, and yields to a running sweep', async () => {
    await storeObjects(shop.stack, ['uploads/old.jpg'], 7);
    const before = await objectPaths(shop.stack);
    const tried = await run('janitor', '--dry-run', '--json');
    assert.deepEqual([tried.code, tried.json.removed.person_uploads], [0, 1]);
    assert.deepEqual(await objectPaths(shop.stack), before);
    await shop.platform.redis.set('wearon:retention:lock', 'another');
    assert.equal((await run('janitor', '--yes')).code, 1);
    await shop.platform.redis.del('wearon:retention:lock');
    const done = await run('janitor', '--yes', '--json');
    assert.deepEqual([done.code, done.json.removed.person_uploads], [0, 1]);
    assert.ok(!(await objectPaths(shop.stack)).includes('uploads/old.jpg'));
    const off = await wearon({ ...shop.stack.env, RETENTION_HOURS: '0' }, ['janitor', '--yes']);
    assert.equal(off.code, 2);
  });
});

describe('erase', () => {
  it("deletes one owner's pictures and proves it", async () => {
    const person = await createPerson(shop.platform);
    const tryOn = await orderTryOn(shop.platform, person);
    const path = `generated/${person.userId}/${tryOn.sessionId}.jpg`;
    await storeObjects(shop.stack, [path], 0);
    const args = ['erase', '--user', person.userId, '--json'];
    const tried = await run(...args, '--dry-run');
    assert.deepEqual([tried.code, tried.json.removed.length], [0, 3]);
    assert.ok((await objectPaths(shop.stack)).includes(path));
    const running = await run(...args, '--yes');
    assert.deepEqual([running.code, running.json.unfinished], [1, [tryOn.sessionId]]);
    await shop.stack.database.query("update generation_sessions set status = 'failed'");
    const done = await run(...args, '--yes');
    assert.deepEqual([done.code, done.json.stillThere, done.json.rowsMarked], [0, [], 1]);
    assert.ok(!(await objectPaths(shop.stack)).includes(path));
    assert.equal((await run('erase', '--yes')).code, 2);
    assert.equal((await run('erase', '--yes', '--user', '../..')).code, 2);
  });

  it("removes the owner's waiting jobs and dead letters, and refunds", async () => {
    const { platform, stack } = shop;
    const [store, other] = [await createStore(platform), await createStore(platform)];
    const [mine, others] = [await orderTryOn(platform, store), await orderTryOn(platform, other)];
    await using queue = new BullGenerationJobs(platform.redis);
    for (const { task, ownerId } of [mine, others]) await queue.add({ ...task, ownerId });
    const letterOf = (tryOn: TryOn) =>
      deadLetter(Buffer.from(tryOn.message.toUpperCase()), 'test', tryOn.sessionId);
    const source = new RedisTaskList(platform.redis, platform.redis);
    for (const tryOn of [mine, others]) await source.keepDeadLetter(letterOf(tryOn));

    assert.equal((await keysHolding(platform.redis, store.storeId)).length, 1);
    const args = ['erase', '--store', store.storeId, '--json'];
    const tried = await run(...args, '--dry-run');
    assert.deepEqual([tried.json.jobsRemoved, tried.json.lettersDropped], [1, 1]);
    const erased = await run(...args, '--yes');
    assert.deepEqual([erased.json.jobsRemoved, erased.json.lettersDropped], [1, 1]);
    assert.deepEqual([erased.code, erased.json.unfinished], [1, [mine.sessionId]]);
    const [letter, ...more] = (await run('dead', 'list', '--json')).json;
    assert.deepEqual([letter.sessionId, more], [others.sessionId, []]);

    await using worker = await startWorkerProcess(stack.env);
    await worker.logged('credit_refunded', mine);
    await assertRefundedOnce(shop, mine);
    await assertCompleted(shop, others);
    const again = await run(...args, '--yes');
    assert.deepEqual([again.code, again.json.unfinished, again.json.jobsRemoved], [0, [], 0]);
    assert.deepEqual(await keysHolding(platform.redis, store.storeId), []);
  });
});

/** The keys of Redis whose value holds the photos' links of the owner. */
async function keysHolding(redis: Redis, ownerId: string): Promise<string[]> {
  const holds = async (key: string) => {
    const values: unknown = await ((await redis.type(key)) === 'hash'
      ? redis.hgetall(key)
      : (await redis.type(key)) === 'list' && redis.lrange(key, 0, -1));
    return JSON.stringify(values).includes(`stores/${ownerId}/uploads`);
  };
  const keys = await redis.keys('*');
  const held = await Promise.all(keys.map(holds));
  return keys.filter((_, at) => held[at]);
}
