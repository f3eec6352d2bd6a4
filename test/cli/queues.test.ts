/**
 * The operator's commands over the task list and its jobs, as processes of their own on the local
 * stack.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, it } from 'node:test';
import { createPerson, createStore } from '../../local/platform.ts';
import { BullGenerationJobs } from '../../src/adapters/redis/jobs/generation-queue.ts';
import { BullRefunds } from '../../src/adapters/redis/jobs/refund-queue.ts';
import { DEAD_LETTER_LIST, INTAKE_LIST, TASK_LIST } from '../../src/adapters/redis/task-list.ts';
import { TaskError } from '../../src/errors.ts';
import { refundIntent } from '../../src/tryon/refund-intent.ts';
import { afterTests } from '../support/after-tests.ts';
import { wearon, wearonWith } from '../support/cli.ts';
import { assertCompleted, openShop, orderTryOn, push, rowOf, settledRow } from '../support/shop.ts';
import { startWorkerProcess } from '../support/worker-process.ts';

const shop = afterTests.use(await openShop());
const { platform, stack } = shop;
const { redis } = platform;
const run = wearonWith(stack.env);

beforeEach(() => redis.flushall());

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
    const env = { ...stack.env, REDIS_URL: 'redis://secret:hidden@127.0.0.1:1/0' };
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
    assert.equal(await redis.exists('wearon:drain'), 0);
  });
});

describe('queue stats', () => {
  it('is fine with an empty queue', async () => {
    const { code, stdout } = await run('queue', 'stats');
    assert.equal(code, 0, stdout);
    assert.match(stdout, /Money at risk/);
  });

  it('counts what is where, and the money at risk', async () => {
    const person = await createPerson(platform);
    const [onList, inJob] = [
      await orderTryOn(platform, person, { createdAt: new Date(Date.now() - 90_000) }),
      await orderTryOn(platform, person),
    ];
    await push(platform, onList);
    await using jobs = new BullGenerationJobs(redis);
    await using refunds = new BullRefunds(redis);
    const { ownerId, sessionId, channel, requestId, task } = inJob;
    const { taskId, imageUrls, prompt, createdAt } = task;
    await jobs.add({
      ...{ ownerId, sessionId, channel, requestId },
      ...{ taskId, imageUrls, prompt, createdAt },
    });
    await refunds.add(
      refundIntent(
        { channel: 'b2c', ownerId: person.userId, sessionId: randomUUID() },
        null,
        new TaskError('ABANDONED'),
      ),
    );
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
    const since = new Date().toISOString();
    const tripped = ['wearon:gate:replicate:tripped', 'PROVIDER_REFUSES_SERVICE'];
    await redis.mset(...tripped, 'wearon:gate:replicate:tripped-at', since);
    const env = {
      ...stack.env,
      B2C_IMAGE_PROVIDERS: 'openai,replicate',
      REPLICATE_RATE_LIMIT_PER_MINUTE: '60',
    };
    const { code, stdout } = await wearon(env, ['queue', 'stats']);
    assert.equal(code, 1);
    assert.match(stdout, /openai +closed +300 +–/);
    assert.match(stdout, /replicate +half_open +60 +PROVIDER_REFUSES_SERVICE, since 20/);
    assert.equal((await run('queue', 'stats')).code, 0);
  });
});

describe('enqueue', () => {
  it("pushes a row's task as the platform would, and it completes", async () => {
    for (const customer of [await createPerson(platform), await createStore(platform)]) {
      const tryOn = await orderTryOn(platform, customer);
      const { code, json, stderr } = await run('enqueue', '--session', tryOn.sessionId, '--json');
      assert.equal(code, 0, stderr);
      assert.deepEqual([json.sessionId, json.images], [tryOn.sessionId, 2]);
      const pushed = JSON.parse((await redis.lindex(TASK_LIST, 0)) ?? '');
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
    const tryOn = await orderTryOn(platform, await createPerson(platform));
    await using folder = await mkdtempDisposable(join(tmpdir(), 'wearon-cli-'));
    const file = join(folder.path, 'task.json');
    await writeFile(file, tryOn.message);
    assert.equal((await run('enqueue', '--file', file)).code, 0);
    assert.equal(await redis.lindex(TASK_LIST, 0), tryOn.message);
    await writeFile(file, '{"channel":"b2c"}');
    assert.equal((await run('enqueue', '--file', file)).code, 2);
    const piped = await wearon(stack.env, ['enqueue', '--file', '-'], tryOn.message);
    assert.equal(piped.code, 0, piped.stderr);
    assert.equal(await redis.llen(TASK_LIST), 2);
  });

  it('refuses a session that has ended, unless it is forced', async () => {
    const tryOn = await orderTryOn(platform, await createPerson(platform));
    await stack.database.query("update generation_sessions set status = 'failed' where id = $1", [
      tryOn.sessionId,
    ]);
    const refused = await run('enqueue', '--session', tryOn.sessionId);
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /failed already/);
    assert.equal(await redis.llen(TASK_LIST), 0);
    assert.equal((await run('enqueue', '--session', tryOn.sessionId, '--force')).code, 0);
  });
});

describe('drain', () => {
  it('lets running tasks finish, keeps the others on the list, and ends', async () => {
    const person = await createPerson(platform);
    await using worker = await startWorkerProcess(stack.env);
    const first = await orderTryOn(platform, person);
    await push(platform, first);
    await settledRow(shop, first);
    const drained = await run('drain', '--wait', '--timeout', '60', '--yes', '--json');
    assert.equal(drained.code, 0, drained.stderr);
    const second = await orderTryOn(platform, person);
    await push(platform, second);
    const waited = await run('drain', '--wait', '--timeout', '60', '--yes', '--json');
    assert.deepEqual([waited.code, waited.json.waitingOnList], [0, 1]);
    assert.equal((await rowOf(shop, second))?.status, 'queued');
    assert.equal((await run('drain', '--off')).code, 0);
    await assertCompleted(shop, second);
    assert.equal(await worker.end('SIGTERM'), 0);
  });

  it('says what is still under way when the time is up', async () => {
    await redis.lpush(INTAKE_LIST, '{}');
    const { code, json } = await run('drain', '--wait', '--timeout', '1', '--yes', '--json');
    assert.deepEqual([code, json.underWay.intake], [1, 1]);
  });
});
