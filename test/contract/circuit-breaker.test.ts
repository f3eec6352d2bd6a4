/** The breaker and the probe of the paid calls, on a real Redis, with two replicas. */
import assert from 'node:assert/strict';
import { beforeEach, it } from 'node:test';
import { until } from '../../local/until.ts';
import { connectRedis } from '../../src/adapters/redis/connection.ts';
import { RedisDailyBudget } from '../../src/adapters/redis/daily-budget.ts';
import {
  type RedisProviderGate,
  readGateState,
} from '../../src/adapters/redis/gate/provider-gate.ts';
import { TaskError } from '../../src/errors.ts';
import type { ImageProvider } from '../../src/ports/image-provider.ts';
import { EMPTY_JOURNAL, type Job, LockLostError } from '../../src/ports/jobs.ts';
import { generate } from '../../src/tryon/generate.ts';
import { afterTests } from '../support/after-tests.ts';
import { enter, fail, openGates, REFUSED } from './gates.ts';

const gates = afterTests.use(await openGates());
const { breakerOpens, events, gate, redis, url } = gates;
const { signal } = new AbortController();

beforeEach(() => gates.empty());

/** Opens the breaker, and resolves when it is half-open. */
async function comeToHalfOpen(replica: RedisProviderGate): Promise<void> {
  await fail(replica, 'PROVIDER_REFUSES_SERVICE');
  await breakerOpens();
  await until('the rest to end', async () => (await redis.exists('wearon:gate:open')) === 0);
}

function probeIsFree() {
  const isFree = async () => (await redis.exists('wearon:gate:probe')) === 0;
  return until('the probe to be free', isFree);
}

/** One failure short of what the gate takes for an outage. */
async function failFourTimes(replica: RedisProviderGate): Promise<void> {
  for (let failures = 1; failures <= 4; failures += 1) await fail(replica, 'PROVIDER_UNAVAILABLE');
  await until('four failures', async () => (await redis.get('wearon:gate:outage')) === '4');
}

it('the breaker lets no call out once the key is refused, on any replica', async () => {
  await fail(gate(), 'PROVIDER_REFUSES_SERVICE');
  await breakerOpens();
  await assert.rejects(gate().assertMayPay(), REFUSED);
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
  await until('the breaker to close', () => events().includes('breaker_closed'));
  await enter(other);
});

it('the breaker passes the probe on when its attempt ends unanswered', async () => {
  const [one, other] = [gate({ cooldownMs: 100 }), gate({ cooldownMs: 100 })];
  await comeToHalfOpen(one);
  const probe = await enter(one);
  await assert.rejects(enter(other), REFUSED);
  probe[Symbol.dispose]();
  await probeIsFree();
  using next = await enter(other);
  // Only its holder gives it back.
  probe[Symbol.dispose]();
  await assert.rejects(enter(one), REFUSED);
  next.failed(new TaskError('PROVIDER_UNAVAILABLE'));
  const opened = () => events().filter((event) => event === 'breaker_opened').length;
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
      prompt: 'sent',
    },
    submit: () => assert.fail('a call was made'),
    forecastUsd: () => null,
  };
  const order = [{ provider, gate: replica }];
  const budget = new RedisDailyBudget(redis, null, () => undefined);
  const deps = { providers: { b2b: order, b2c: order }, budget, record: () => undefined };
  const settings = { providerTimeoutSeconds: 60, maxProviderCalls: 3 };
  const subject = { images: [], endUser: 'a' };
  const deadlineMs = Date.now() + 60_000;
  const limits = { deadlineMs, lastUseMs: deadlineMs, signal };
  const attempt = generate(
    lost as unknown as Job,
    subject,
    { ...deps, settings, stopping: signal },
    limits,
  );
  await assert.rejects(attempt, LockLostError);
  await probeIsFree();
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
  await probeIsFree();
  (await enter(gate()))[Symbol.dispose]();
});

it('the breaker takes five failures in a row for an outage, and no fewer', async () => {
  const one = gate();
  await failFourTimes(one);
  await one.assertMayPay();
  await fail(one, 'PROVIDER_OUTCOME_UNKNOWN');
  await breakerOpens();
  await assert.rejects(one.assertMayPay(), REFUSED);
});

it('answers without a picture in a row are an outage too', async () => {
  const one = gate();
  await failFourTimes(one);
  await fail(one, 'PROVIDER_MALFORMED');
  await breakerOpens();
  await assert.rejects(one.assertMayPay(), REFUSED);
});

it("an answer about one task's photo proves that the service works", async () => {
  const one = gate();
  await failFourTimes(one);
  await fail(one, 'MODERATION_BLOCKED');
  await until('the count to end', async () => (await redis.exists('wearon:gate:outage')) === 0);
});

it('keeps the providers apart: a stopped or slow one delays no other', async () => {
  const [openai, other] = [gate({ callsPerMinute: 10 }), gate({ provider: 'other' })];
  using _slot = await enter(openai);
  await fail(other, 'PROVIDER_REFUSES_SERVICE');
  await breakerOpens();
  await assert.rejects(other.assertMayPay(), REFUSED);
  await openai.assertMayPay();
  assert.equal((await readGateState(redis, 'other')).breaker, 'open');
  assert.equal((await readGateState(redis, 'openai')).breaker, 'closed');
  assert.equal(await redis.exists('wearon:gate:other:next'), 1);
});
