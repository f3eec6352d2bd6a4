/** The operator's commands over refunds, lost sessions and payments that wait for a person. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { beforeEach, describe, it } from 'node:test';
import { Queue } from 'bullmq';
import { createOverageStore, createPerson } from '../../local/platform.ts';
import { until } from '../../local/until.ts';
import { retryRefunds } from '../../src/adapters/redis/jobs/job-views.ts';
import { BullRefunds } from '../../src/adapters/redis/jobs/refund-queue.ts';
import { TaskError } from '../../src/errors.ts';
import { refundIntent } from '../../src/tryon/refund-intent.ts';
import { afterTests } from '../support/after-tests.ts';
import { wearonWith } from '../support/cli.ts';
import { openShop, orderTryOn, push, rowOf } from '../support/shop.ts';
import { startWorkerProcess } from '../support/worker-process.ts';

const shop = afterTests.use(await openShop());
const { platform, stack } = shop;
const { redis } = platform;
const run = wearonWith(stack.env);

beforeEach(() => redis.flushall());

describe('refunds', () => {
  it('are listed with the time of their next attempt, and run on request', async () => {
    const tryOn = await orderTryOn(platform, await createPerson(platform));
    await using refunds = new BullRefunds(redis);
    await refunds.add(refundIntent(tryOn, null, new TaskError('ABANDONED')));
    assert.equal((await run('refunds', 'retry')).code, 2);
    assert.equal((await run('refunds', 'retry', randomUUID())).code, 1);
    const { code, json } = await run('refunds', 'list', '--json');
    assert.equal(code, 1);
    assert.equal(json[0].intent.sessionId, tryOn.sessionId);
    assert.equal((await run('refunds', 'retry', tryOn.sessionId.toUpperCase())).code, 0);
    // The database is away: the worker sets the refund aside for some seconds.
    stack.supabase.faults.add({ kind: 'status', path: /^\/rest/, times: 1000, status: 503 });
    await using worker = await startWorkerProcess(stack.env);
    await worker.logged('refund_error');
    stack.supabase.faults.clear();
    await until('the refund to wait', async () => {
      const { json: waiting } = await run('refunds', 'list', '--json');
      return waiting.length === 0 || waiting[0].nextAttemptAt !== null;
    });
    const retried = await run('refunds', 'retry', '--all', '--json');
    assert.equal(retried.code, 0, retried.stderr);
    await until('the refund', async () => (await rowOf(shop, tryOn))?.status === 'failed');
    await worker.logged('credit_refunded');
    assert.equal((await run('refunds', 'list')).code, 0);
  });

  it('are each moved once where several operators retry them', async () => {
    const queue = new Queue('refund', { connection: redis, prefix: 'wearon:bull' });
    const intents = Array.from({ length: 20 }, () => {
      const ref = { channel: 'b2c', ownerId: randomUUID(), sessionId: randomUUID() } as const;
      return refundIntent(ref, null, new TaskError('ABANDONED'));
    });
    for (const intent of intents) await queue.add('refund', intent, { delay: 3_600_000 });
    await queue.close();
    const moved = await Promise.all([redis, redis, redis].map((each) => retryRefunds(each)));
    assert.deepEqual(moved.flat().sort(), intents.map(({ sessionId }) => sessionId).sort());
  });
});

describe('rescue', () => {
  it('lists the lost sessions in a dry run, and ends them for real', async () => {
    const tryOn = await orderTryOn(platform, await createPerson(platform));
    const waiting = await orderTryOn(platform, await createPerson(platform));
    await push(platform, waiting);
    await stack.database.query(
      "update generation_sessions set created_at = now() - interval '1 hour' where id = any ($1)",
      [[tryOn.sessionId, waiting.sessionId]],
    );
    const tried = await run('rescue', '--dry-run', '--json');
    assert.equal(tried.code, 1);
    const idsOf = (json: { rescued: { task: { sessionId: string } }[] }) =>
      json.rescued.map(({ task }) => task.sessionId);
    assert.deepEqual(idsOf(tried.json), [tryOn.sessionId]);
    assert.deepEqual(await redis.keys('wearon:bull:refund:refund-*'), []);
    const done = await run('rescue', '--yes', '--json');
    assert.equal(done.code, 0, done.stderr);
    assert.deepEqual(idsOf(done.json), [tryOn.sessionId]);
    const [refund] = (await run('refunds', 'list', '--json')).json;
    assert.deepEqual([refund.intent.sessionId, refund.intent.code], [tryOn.sessionId, 'ABANDONED']);
  });
});

describe('reconciliation', () => {
  it('lists what waits for a person and files it away with a note', async () => {
    const { storeId } = await createOverageStore(platform);
    const sessionId = randomUUID();
    const record = { channel: 'b2b', ownerId: storeId, sessionId, requestId: 'req_1' };
    const rest = { reason: 'paid_by_overage_charge', credits: 1, at: new Date().toISOString() };
    await redis.hset('wearon:reconciliation', sessionId, JSON.stringify({ ...record, ...rest }));
    const { code, stdout } = await run('reconciliation', 'list');
    assert.equal(code, 1);
    assert.match(stdout, /paid_by_overage_charge/);
    const args = ['reconciliation', 'resolve', sessionId, '--note', 'refunded in Paddle', '--yes'];
    assert.equal((await run(...args)).code, 0);
    assert.equal((await run(...args)).code, 1);
    assert.equal((await run('reconciliation', 'list')).code, 0);
    const filed = await redis.hget('wearon:reconciliation:resolved', sessionId);
    assert.equal(JSON.parse(filed ?? '').note, 'refunded in Paddle');
  });
});
