/**
 * The operator's commands over the queues, as processes of their own on the local stack.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { createOverageStore, createPerson, createStore } from '../../local/platform.ts';
import { until } from '../../local/until.ts';
import { BullGenerationJobs } from '../../src/adapters/redis/generation-queue.ts';
import { BullRefunds } from '../../src/adapters/redis/refund-queue.ts';
import { DEAD_LETTER_LIST, INTAKE_LIST, TASK_LIST } from '../../src/adapters/redis/task-list.ts';
import { TaskError } from '../../src/errors.ts';
import type { RefundIntent } from '../../src/ports/refunds.ts';
import { refundIntent } from '../../src/tryon/refund-intent.ts';
import { wearon } from '../support/cli.ts';
import { openShop, orderTryOn, push, rowOf, type Shop, settledRow } from '../support/shop.ts';
import { startWorkerProcess } from '../support/worker-process.ts';

let shop: Shop;

before(async () => {
  shop = await openShop();
});

after(async () => {
  await shop?.[Symbol.asyncDispose]();
});

function run(...args: readonly string[]) {
  return wearon(shop.stack.env, args);
}

async function cleared() {
  await shop.platform.redis.flushall();
  return shop.platform.redis;
}

function refundOf(sessionId: string, ownerId: string): RefundIntent {
  return refundIntent({ channel: 'b2c', ownerId, sessionId }, null, new TaskError('ABANDONED'));
}

describe('the command line', () => {
  it('says what is wrong with it, and ends with 2', async () => {
    const unknown = await run('frobnicate');
    assert.equal(unknown.code, 2);
    assert.match(unknown.stderr, /unknown command/);
    const missing = await wearon({}, ['queue', 'stats']);
    assert.equal(missing.code, 2);
    assert.match(missing.stderr, /SUPABASE_URL is required/);
    assert.equal((await run('sessions', 'show', 'not-a-uuid')).code, 2);
    assert.equal((await run('--help')).code, 0);
  });

  it('ends with 1 at once when Redis is away, and prints no address', async () => {
    const env = { ...shop.stack.env, REDIS_URL: 'redis://secret:hidden@127.0.0.1:1/0' };
    const { code, json, stderr } = await wearon(env, ['queue', 'stats', '--json']);
    assert.equal(code, 1);
    assert.match(json.error, /REDIS_URL/);
    assert.doesNotMatch(stderr, /hidden/);
  });

  it('does nothing irreversible without --yes', async () => {
    for (const args of [
      ['janitor'],
      ['erase', '--store', randomUUID()],
      ['rescue'],
      ['drain'],
      ['reconciliation', 'resolve', randomUUID(), '--note', 'x'],
    ]) {
      const { code, stderr } = await run(...args);
      assert.equal(code, 2, args.join(' '));
      assert.match(stderr, /--yes/);
    }
    assert.equal(await shop.platform.redis.exists('wearon:drain'), 0);
  });
});

describe('queue stats', () => {
  it('is fine with an empty queue', async () => {
    await cleared();
    const { code, stdout } = await run('queue', 'stats');
    assert.equal(code, 0, stdout);
    assert.match(stdout, /Money at risk/);
  });

  it('counts what is where, and the money at risk', async () => {
    const redis = await cleared();
    const person = await createPerson(shop.platform);
    const [onList, inJob] = [
      await orderTryOn(shop.platform, person, { createdAt: new Date(Date.now() - 90_000) }),
      await orderTryOn(shop.platform, person),
    ];
    await push(shop.platform, onList);
    await using jobs = new BullGenerationJobs(redis);
    await using refunds = new BullRefunds(redis);
    const { ownerId, sessionId, channel, requestId, task } = inJob;
    const { taskId, imageUrls, prompt, createdAt } = task;
    await jobs.add({
      ...{ ownerId, sessionId, channel, requestId },
      ...{ taskId, imageUrls, prompt, createdAt },
    });
    await refunds.add(refundOf(randomUUID(), person.userId));
    await redis.lpush(DEAD_LETTER_LIST, '{}');
    const job = `wearon:bull:generation:${sessionId}`;
    const data = JSON.parse((await redis.hget(job, 'data')) ?? '');
    data.journal.callOpen = true;
    await redis.hset(job, 'data', JSON.stringify(data));
    await redis.set('wearon:gate:slowness', '2');
    const { code, json } = await run('queue', 'stats', '--json');
    assert.equal(code, 1);
    assert.equal(json.places.list.tasks, 1);
    assert.ok(json.places.list.oldestAgeSeconds >= 90);
    assert.equal(json.places.waiting.tasks, 1);
    assert.equal(json.deadLetters, 1);
    const [gate] = json.gates;
    assert.deepEqual([gate.provider, gate.callsPerMinute, gate.breaker], ['openai', 150, 'closed']);
    assert.equal(json.moneyAtRisk.refundsOutstanding, 1);
    assert.equal(json.moneyAtRisk.paidCallsOutcomeUnknown, 1);
    assert.deepEqual(json.moneyAtRisk.outcomeUnknownSessions, [sessionId]);
  });

  it('shows the gate of every provider, and why one is stopped', async () => {
    const redis = await cleared();
    const since = new Date().toISOString();
    const tripped = ['wearon:gate:replicate:tripped', 'PROVIDER_REFUSES_SERVICE'];
    await redis.mset(...tripped, 'wearon:gate:replicate:tripped-at', since);
    const env = {
      ...shop.stack.env,
      B2C_IMAGE_PROVIDERS: 'openai,replicate',
      REPLICATE_RATE_LIMIT_PER_MINUTE: '60',
    };
    const { code, stdout } = await wearon(env, ['queue', 'stats']);
    assert.equal(code, 1);
    assert.match(stdout, /openai +closed +300 +–/);
    assert.match(stdout, /replicate +half_open +60 +PROVIDER_REFUSES_SERVICE, since 20/);
    assert.equal((await run('queue', 'stats')).code, 0);
    await cleared();
  });
});

describe('enqueue', () => {
  it("pushes a row's task as the platform would, and it completes", async () => {
    await cleared();
    for (const customer of [await createPerson(shop.platform), await createStore(shop.platform)]) {
      const tryOn = await orderTryOn(shop.platform, customer);
      const { code, json, stderr } = await run('enqueue', '--session', tryOn.sessionId, '--json');
      assert.equal(code, 0, stderr);
      assert.deepEqual([json.sessionId, json.images], [tryOn.sessionId, 2]);
      const pushed = JSON.parse((await shop.platform.redis.lindex(TASK_LIST, 0)) ?? '');
      const platforms = JSON.parse(tryOn.message);
      const chosen = {
        task_id: 0,
        created_at: 0,
        ...(tryOn.channel === 'b2c' && { request_id: 0 }),
      };
      assert.deepEqual({ ...pushed, ...chosen }, { ...platforms, ...chosen });
    }
  });

  it('takes a message from a file, and refuses what the worker would reject', async () => {
    const redis = await cleared();
    const tryOn = await orderTryOn(shop.platform, await createPerson(shop.platform));
    const folder = await mkdtemp(join(tmpdir(), 'wearon-cli-'));
    try {
      const file = join(folder, 'task.json');
      await writeFile(file, tryOn.message);
      assert.equal((await run('enqueue', '--file', file)).code, 0);
      assert.equal(await redis.lindex(TASK_LIST, 0), tryOn.message);
      await writeFile(file, '{"channel":"b2c"}');
      assert.equal((await run('enqueue', '--file', file)).code, 2);
    } finally {
      await rm(folder, { recursive: true });
    }
    const piped = await wearon(shop.stack.env, ['enqueue', '--file', '-'], tryOn.message);
    assert.equal(piped.code, 0, piped.stderr);
    assert.equal(await redis.llen(TASK_LIST), 2);
  });

  it('refuses a session that has ended, unless it is forced', async () => {
    const redis = await cleared();
    const tryOn = await orderTryOn(shop.platform, await createPerson(shop.platform));
    await shop.stack.database.query(
      "update generation_sessions set status = 'failed' where id = $1",
      [tryOn.sessionId],
    );
    const refused = await run('enqueue', '--session', tryOn.sessionId);
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /failed already/);
    assert.equal(await redis.llen(TASK_LIST), 0);
    assert.equal((await run('enqueue', '--session', tryOn.sessionId, '--force')).code, 0);
  });
});

describe('dead letters', () => {
  async function bury(raw: string, sessionId: string | null, reason = 'unknown version') {
    const letter = { reason, at: new Date().toISOString(), sessionId, raw };
    await shop.platform.redis.lpush(DEAD_LETTER_LIST, JSON.stringify(letter));
  }

  it('are listed without their message, shown with it, and dropped', async () => {
    const redis = await cleared();
    await bury('{"secret":"https://x.test/?token=abc"}', null);
    await bury('other', null, 'not JSON in UTF-8');
    const { code, json, stdout } = await run('dead', 'list', '--json');
    assert.equal(code, 1);
    assert.deepEqual(
      json.map(({ reason }: { reason: string }) => reason),
      ['not JSON in UTF-8', 'unknown version'],
    );
    assert.doesNotMatch(stdout, /token/);
    const [dropped, shown] = json.map(({ id }: { id: string }) => id);
    assert.match((await run('dead', 'show', shown)).stdout, /token=abc/);
    assert.equal((await run('dead', 'drop', dropped)).code, 2);
    assert.equal((await run('dead', 'drop', dropped, '--yes')).code, 0);
    assert.equal(await redis.llen(DEAD_LETTER_LIST), 1);
    assert.equal((await run('dead', 'drop', dropped, '--yes')).code, 1);
  });

  it('are dropped by reason, by age, or all at once', async () => {
    const redis = await cleared();
    await redis.lpush(DEAD_LETTER_LIST, 'not JSON');
    for (const reason of ['unknown version', 'unknown version', 'too many images']) {
      await bury('{}', null, reason);
    }
    assert.equal((await run('dead', 'drop', '--yes')).code, 2);
    const drop = async (...options: string[]) =>
      (await run('dead', 'drop', ...options, '--yes', '--json')).json.dropped;
    assert.equal(await drop('--before', '24h'), 1);
    assert.equal(await drop('--reason', 'version', '--before', '1h'), 0);
    assert.equal(await drop('--reason', 'version'), 2);
    assert.equal((await run('dead', 'drop', '--all')).code, 2);
    assert.equal(await drop('--all'), 1);
    assert.equal(await redis.llen(DEAD_LETTER_LIST), 0);
  });

  it('cannot steer the terminal, and are not replayed when they were cut', async () => {
    const redis = await cleared();
    const letter = { reason: 'bad', at: new Date().toISOString(), sessionId: '\u001b[2J' };
    const raw = '\u001b]0;owned\u0007';
    await redis.lpush(DEAD_LETTER_LIST, JSON.stringify({ ...letter, raw, sizeBytes: 2_000_000 }));
    const listed = await run('dead', 'list', '--json');
    const id = listed.json[0].id;
    const shown = [listed, await run('dead', 'list'), await run('dead', 'show', id)];
    for (const { stdout } of shown) assert.doesNotMatch(stdout, /(?![\n])\p{Cc}/u);
    assert.match((await run('dead', 'show', id)).stdout, /u001b\]0;owned/);
    const replayed = await run('dead', 'replay', id, '--force', '--yes');
    assert.equal(replayed.code, 1);
    assert.match(replayed.stderr, /beginning/);
  });

  it('are replayed once the cause is fixed, and not before', async () => {
    const redis = await cleared();
    const tryOn = await orderTryOn(shop.platform, await createPerson(shop.platform));
    await bury('{"version":7}', null);
    await bury(tryOn.message, tryOn.sessionId);
    const { json } = await run('dead', 'list', '--json');
    const refused = await run('dead', 'replay', json[1].id, '--yes');
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /rejected again: unknown version/);
    const replayed = await run('dead', 'replay', json[0].id, '--yes');
    assert.equal(replayed.code, 0, replayed.stderr);
    assert.equal(await redis.lindex(TASK_LIST, 0), tryOn.message);
    assert.equal(await redis.llen(DEAD_LETTER_LIST), 1);
  });
});

describe('refunds', () => {
  it('are listed with the time of their next attempt, and run on request', async () => {
    const redis = await cleared();
    const person = await createPerson(shop.platform);
    const tryOn = await orderTryOn(shop.platform, person);
    await using refunds = new BullRefunds(redis);
    await refunds.add(refundOf(tryOn.sessionId, person.userId));
    assert.equal((await run('refunds', 'retry')).code, 2);
    assert.equal((await run('refunds', 'retry', randomUUID())).code, 1);
    const { code, json } = await run('refunds', 'list', '--json');
    assert.equal(code, 1);
    assert.equal(json[0].intent.sessionId, tryOn.sessionId);
    // The database is away: the worker sets the refund aside for some seconds.
    shop.stack.supabase.faults.add({ kind: 'status', path: /^\/rest/, times: 1000, status: 503 });
    await using worker = await startWorkerProcess(shop.stack.env);
    await worker.logged('refund_error');
    shop.stack.supabase.faults.clear();
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
});

describe('rescue', () => {
  it('lists the lost sessions in a dry run, and ends them for real', async () => {
    const redis = await cleared();
    const tryOn = await orderTryOn(shop.platform, await createPerson(shop.platform));
    const waiting = await orderTryOn(shop.platform, await createPerson(shop.platform));
    await push(shop.platform, waiting);
    await shop.stack.database.query(
      "update generation_sessions set created_at = now() - interval '1 hour' where id = any ($1)",
      [[tryOn.sessionId, waiting.sessionId]],
    );
    await shop.stack.database.query(
      "delete from generation_sessions where id <> all ($1) and status <> 'failed'",
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
    const redis = await cleared();
    const { storeId } = await createOverageStore(shop.platform);
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

describe('drain', () => {
  it('lets running tasks finish, keeps the others on the list, and ends', async () => {
    await cleared();
    const person = await createPerson(shop.platform);
    await using worker = await startWorkerProcess(shop.stack.env);
    const first = await orderTryOn(shop.platform, person);
    await push(shop.platform, first);
    await settledRow(shop, first);
    const drained = await run('drain', '--wait', '--timeout', '60', '--yes', '--json');
    assert.equal(drained.code, 0, drained.stderr);
    const second = await orderTryOn(shop.platform, person);
    await push(shop.platform, second);
    const waited = await run('drain', '--wait', '--timeout', '60', '--yes', '--json');
    assert.deepEqual([waited.code, waited.json.waitingOnList], [0, 1]);
    assert.equal((await rowOf(shop, second))?.status, 'queued');
    assert.equal((await run('drain', '--off')).code, 0);
    assert.equal((await settledRow(shop, second)).status, 'completed');
    assert.equal(await worker.end('SIGTERM'), 0);
  });

  it('says what is still under way when the time is up', async () => {
    const redis = await cleared();
    await redis.lpush(INTAKE_LIST, '{}');
    const args = ['drain', '--wait', '--timeout', '1', '--yes', '--json'];
    const { code, json } = await run(...args);
    assert.deepEqual([code, json.underWay.intake], [1, 1]);
    await cleared();
  });
});
