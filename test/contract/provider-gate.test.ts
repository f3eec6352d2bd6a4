/**
 * The gate in front of the paid calls, held to its port on a real Redis, with two replicas.
 */
import assert from 'node:assert/strict';
import { beforeEach, it } from 'node:test';
import { until } from '../../local/until.ts';
import { connectRedis } from '../../src/adapters/redis/connection.ts';
import { RedisDailyBudget } from '../../src/adapters/redis/daily-budget.ts';
import { RedisProviderGate, readGateState } from '../../src/adapters/redis/provider-gate.ts';
import { TaskError, type TaskErrorOptions } from '../../src/errors.ts';
import type { WorkerEvent } from '../../src/ports/events.ts';
import type { ImageProvider } from '../../src/ports/image-provider.ts';
import { EMPTY_JOURNAL, type Job, LockLostError } from '../../src/ports/jobs.ts';
import type { Permit } from '../../src/ports/provider-gate.ts';
import { generate } from '../../src/tryon/generate.ts';
import { afterTests } from '../support/after-tests.ts';
import { openRedis } from '../support/redis.ts';

const { url, redis } = afterTests.use(await openRedis());
let events: string[];
const { signal } = new AbortController();

beforeEach(async () => {
  events = [];
  await redis.flushall();
});

interface GateChoices {
  readonly provider?: string;
  readonly callsPerMinute?: number;
  readonly cooldownMs?: number;
  readonly connection?: ReturnType<typeof connectRedis>;
}

function gate(choices: GateChoices = {}): RedisProviderGate {
  const record = ({ event }: WorkerEvent) => events.push(event);
  const { callsPerMinute = 1_000_000, cooldownMs = 60_000, connection = redis } = choices;
  const { provider = 'openai' } = choices;
  const times = { callsPerMinute, cooldownMs, probeMs: 60_000 };
  return new RedisProviderGate(connection, { provider, ...times, record });
}

const REFUSED = { code: 'PROVIDER_REFUSES_SERVICE' };

/** Enters with an hour to go. */
function enter(replica: RedisProviderGate): Promise<Permit> {
  return replica.enter(Date.now() + 3_600_000, signal);
}

/** A call that is let out and succeeds. */
async function succeed(replica: RedisProviderGate): Promise<void> {
  using permit = await enter(replica);
  permit.succeeded();
}

/** A call that is let out and fails. */
async function fail(
  replica: RedisProviderGate,
  code: TaskError['code'],
  options: TaskErrorOptions = {},
): Promise<void> {
  using permit = await enter(replica);
  permit.failed(new TaskError(code, options));
}

/** Opens the breaker, and resolves when it is half-open. */
async function comeToHalfOpen(replica: RedisProviderGate): Promise<void> {
  await fail(replica, 'PROVIDER_REFUSES_SERVICE');
  await until('the breaker to open', () => events.includes('breaker_opened'));
  await until('the rest to end', async () => (await redis.exists('wearon:gate:open')) === 0);
}

it('hands out slots one interval apart, over all replicas', async () => {
  const replicas = [gate({ callsPerMinute: 600 }), gate({ callsPerMinute: 600 })] as const;
  const startedAtMs = Date.now();
  await Promise.all(Array.from({ length: 10 }, (_, index) => enter(replicas[index % 2 ? 1 : 0])));
  assert.ok(Date.now() - startedAtMs >= 9 * 100 - 10);
});

it('hands out no slot before the time the vendor named, and fewer after it', async () => {
  const [one, other] = [gate({ callsPerMinute: 6000 }), gate({ callsPerMinute: 6000 })];
  const askedAtMs = Date.now();
  await fail(one, 'PROVIDER_BUSY', { retryAfterMs: 500 });
  await until('the pace to be lowered', () => redis.exists('wearon:gate:slowness'));
  await enter(other);
  assert.ok(Date.now() - askedAtMs >= 490);
  assert.equal(await redis.get('wearon:gate:slowness'), '2');
  await succeed(one);
  await until('the pace to be restored a little', async () => {
    return Number(await redis.get('wearon:gate:slowness')) < 2;
  });
});

it('is held up by one answer for a minute at the most', async () => {
  await fail(gate(), 'PROVIDER_BUSY', { retryAfterMs: 3_600_000 });
  await until('the pace to be lowered', () => redis.exists('wearon:gate:slowness'));
  // Redis counts in fractions of a millisecond.
  const nextMs = Math.floor(Number(await redis.get('wearon:gate:next')));
  assert.ok(nextMs <= Date.now() + 60_000);
});

it('refuses a slot after the deadline at once, without taking it', async () => {
  const nextMs = String(Date.now() + 7_200_000);
  await redis.set('wearon:gate:next', nextMs);
  await assert.rejects(enter(gate()), { code: 'DEADLINE_EXCEEDED' });
  assert.equal(await redis.get('wearon:gate:next'), nextMs);
  await redis.del('wearon:gate:next');
  await assert.rejects(gate().enter(Date.now(), signal), { code: 'DEADLINE_EXCEEDED' });
  assert.equal(await redis.exists('wearon:gate:next'), 0);
});

it('lets no call out once the key is refused, on any replica', async () => {
  await fail(gate(), 'PROVIDER_REFUSES_SERVICE');
  await until('the breaker to open', () => events.includes('breaker_opened'));
  await assert.rejects(gate().check(), REFUSED);
  await assert.rejects(enter(gate()), REFUSED);
});

it('lets one probe out after the pause, and all after it succeeded', async () => {
  // So quick a pace that no one waits, and all find the probe free before one takes it.
  const quick = { callsPerMinute: 1_000_000_000, cooldownMs: 100 };
  const [one, other] = [gate(quick), gate(quick)];
  await comeToHalfOpen(one);
  const entered = await Promise.allSettled([one, other, one, other].map(enter));
  const [probe, ...more] = entered.flatMap((end) => (end.status === 'fulfilled' ? end.value : []));
  assert.equal(more.length, 0);
  await assert.rejects(enter(other), REFUSED);
  using permit = probe;
  permit?.succeeded();
  await until('the breaker to close', () => events.includes('breaker_closed'));
  await enter(other);
});

it('passes the probe on when its attempt ends without an answer', async () => {
  const [one, other] = [gate({ cooldownMs: 100 }), gate({ cooldownMs: 100 })];
  await comeToHalfOpen(one);
  const probe = await enter(one);
  await assert.rejects(enter(other), REFUSED);
  probe[Symbol.dispose]();
  await until('the probe to be free', async () => (await redis.exists('wearon:gate:probe')) === 0);
  using next = await enter(other);
  // Only its holder gives it back.
  probe[Symbol.dispose]();
  await assert.rejects(enter(one), REFUSED);
  next.failed(new TaskError('PROVIDER_UNAVAILABLE'));
  const opened = () => events.filter((event) => event === 'breaker_opened').length;
  await until('the breaker to open again', () => opened() === 2);
});

it('gives the probe back when its attempt loses the job before the call', async () => {
  const replica = gate({ cooldownMs: 100 });
  await comeToHalfOpen(replica);
  const task = { channel: 'b2c', imageUrls: ['person', 'garment'], prompt: '' };
  const lost = { task, journal: EMPTY_JOURNAL, record: () => Promise.reject(new LockLostError()) };
  const provider: ImageProvider = {
    name: 'openai',
    model: 'none',
    limits: {
      garments: { least: 0, most: 1 },
      promptCharacters: 10,
      prompt: 'required',
      size: 'asked',
    },
    submit: () => assert.fail('a call was made'),
    forecastUsd: () => null,
  };
  const order = [{ provider, gate: replica }];
  const budget = new RedisDailyBudget(redis, null, () => undefined);
  const deps = { providers: { b2b: order, b2c: order }, budget, record: () => undefined };
  const times = { providerTimeoutMs: 60_000, maxProviderCalls: 3, stopping: signal };
  const subject = { images: [], endUser: 'a' };
  const deadlineMs = Date.now() + 60_000;
  const limits = { deadlineMs, lastUseMs: deadlineMs, signal };
  const attempt = generate(lost as unknown as Job, subject, { ...deps, ...times }, limits);
  await assert.rejects(attempt, LockLostError);
  await until('the probe to be free', async () => (await redis.exists('wearon:gate:probe')) === 0);
});

it('keeps the probe while its process lives, and frees it soon after', async () => {
  using parts = new DisposableStack();
  const connection = connectRedis(url, () => undefined);
  parts.defer(() => connection.disconnect());
  await comeToHalfOpen(gate({ cooldownMs: 100 }));
  using _probe = await enter(gate({ connection }));
  let leastMs = Number.POSITIVE_INFINITY;
  await until('the probe to be prolonged', async () => {
    const leftMs = await redis.pttl('wearon:gate:probe');
    leastMs = Math.min(leastMs, leftMs);
    return leftMs > leastMs;
  });
  await assert.rejects(enter(gate()), REFUSED);
  connection.disconnect();
  await until('the probe to be free', async () => (await redis.exists('wearon:gate:probe')) === 0);
  (await enter(gate()))[Symbol.dispose]();
});

it('takes five failures in a row for an outage, and no fewer', async () => {
  const one = gate();
  for (let failures = 1; failures <= 4; failures += 1) await fail(one, 'PROVIDER_UNAVAILABLE');
  await until('four failures', async () => (await redis.get('wearon:gate:outage')) === '4');
  await one.check();
  await fail(one, 'PROVIDER_OUTCOME_UNKNOWN');
  await until('the breaker to open', () => events.includes('breaker_opened'));
  await assert.rejects(one.check(), REFUSED);
});

it("an answer about one task's photo proves that the service works", async () => {
  const one = gate();
  for (let failures = 1; failures <= 4; failures += 1) await fail(one, 'PROVIDER_UNAVAILABLE');
  await until('four failures', async () => (await redis.get('wearon:gate:outage')) === '4');
  await fail(one, 'MODERATION_BLOCKED');
  await until('the count to end', async () => (await redis.exists('wearon:gate:outage')) === 0);
});

it('gives back the slots of calls that the breaker refuses', async () => {
  // A slot every three seconds: time to open the breaker before the first one comes.
  const replica = gate({ callsPerMinute: 20 });
  await succeed(replica);
  const next = async () => Number(await redis.get(NEXT));
  const before = await next();
  const waiting = [enter(replica), enter(replica)];
  await until('two slots to be taken', async () => (await next()) - before > 5999);
  await redis.set('wearon:gate:tripped', 'PROVIDER_UNAVAILABLE');
  await redis.set('wearon:gate:open', 'PROVIDER_UNAVAILABLE', 'PX', 60_000);
  for (const entered of waiting) await assert.rejects(entered, REFUSED);
  assert.ok((await next()) <= Date.now() + 1000);
});

it('takes back the slot of a call that will not be made', async () => {
  const slow = gate({ callsPerMinute: 10 });
  using _first = await enter(slow);
  const stop = new AbortController();
  const given = slow.enter(Date.now() + 3_600_000, stop.signal);
  await until('the slot to be reserved', async () => msAhead(await redis.get(NEXT)) > 6_000);
  stop.abort();
  await assert.rejects(given);
  assert.ok(msAhead(await redis.get(NEXT)) <= 6_000);
});

const NEXT = 'wearon:gate:next';

it('keeps the providers apart: a stopped or slow one delays no other', async () => {
  const [openai, other] = [gate({ callsPerMinute: 10 }), gate({ provider: 'other' })];
  using _slot = await enter(openai);
  await fail(other, 'PROVIDER_REFUSES_SERVICE');
  await until('the breaker to open', () => events.includes('breaker_opened'));
  await assert.rejects(other.check(), REFUSED);
  await openai.check();
  assert.equal((await readGateState(redis, 'other')).breaker, 'open');
  assert.equal((await readGateState(redis, 'openai')).breaker, 'closed');
  assert.equal(await redis.exists('wearon:gate:other:next'), 1);
});

function msAhead(time: string | null): number {
  return Number(time) - Date.now();
}
