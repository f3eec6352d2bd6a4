/**
 * The gate in front of the paid calls, held to its port on a real Redis, with two replicas.
 */
import assert from 'node:assert/strict';
import { after, before, beforeEach, it } from 'node:test';
import { type LocalStack, startLocalStack } from '../../local/stack.ts';
import { until } from '../../local/until.ts';
import { connectRedis } from '../../src/adapters/redis/connection.ts';
import { RedisProviderGate } from '../../src/adapters/redis/provider-gate.ts';
import { TaskError } from '../../src/errors.ts';
import type { WorkerEvent } from '../../src/ports.ts';

let stack: LocalStack;
let redis: ReturnType<typeof connectRedis>;
let events: string[];
const { signal } = new AbortController();

before(async () => {
  stack = await startLocalStack({ openai: { plain: true } });
  redis = connectRedis(stack.redis.url, () => undefined);
});

beforeEach(async () => {
  events = [];
  await redis.flushall();
});

after(async () => {
  redis?.disconnect();
  await stack?.[Symbol.asyncDispose]();
});

function gate(callsPerMinute = 1_000_000, cooldownMs = 60_000): RedisProviderGate {
  const record = ({ event }: WorkerEvent) => events.push(event);
  return new RedisProviderGate(redis, { callsPerMinute, cooldownMs, probeMs: 60_000, record });
}

const REFUSED = { code: 'PROVIDER_REFUSES_SERVICE' };

it('gives out places one interval apart, over all replicas', async () => {
  const replicas = [gate(600), gate(600)];
  const startedAtMs = Date.now();
  await Promise.all(Array.from({ length: 10 }, (_, index) => replicas[index % 2]?.enter(signal)));
  assert.ok(Date.now() - startedAtMs >= 9 * 100 - 10);
});

it('gives out no place before the time that the vendor asked for, and fewer after it', async () => {
  const [one, other] = [gate(6000), gate(6000)];
  const askedAtMs = Date.now();
  one.failed(new TaskError('PROVIDER_BUSY', { retryAfterMs: 500 }));
  await until('the pace to be lowered', () => redis.exists('wearon:gate:slowness'));
  await other.enter(signal);
  assert.ok(Date.now() - askedAtMs >= 490);
  assert.equal(await redis.get('wearon:gate:slowness'), '2');
  one.succeeded();
  await until('the pace to be restored a little', async () => {
    return Number(await redis.get('wearon:gate:slowness')) < 2;
  });
});

it('lets no call out once the key is refused, on any replica', async () => {
  gate().failed(new TaskError('PROVIDER_REFUSES_SERVICE'));
  await until('the breaker to open', () => events.includes('breaker_opened'));
  await assert.rejects(gate().check(), REFUSED);
  await assert.rejects(gate().enter(signal), REFUSED);
});

it('lets one probe out after the rest, and everything after the probe succeeded', async () => {
  const [one, other] = [gate(1_000_000, 100), gate(1_000_000, 100)];
  one.failed(new TaskError('PROVIDER_REFUSES_SERVICE'));
  await until('the breaker to open', () => events.includes('breaker_opened'));
  await until('the rest to end', async () => (await redis.exists('wearon:gate:open')) === 0);
  await one.enter(signal);
  await assert.rejects(other.enter(signal), REFUSED);
  one.succeeded();
  await until('the breaker to close', () => events.includes('breaker_closed'));
  await other.enter(signal);
});

it('takes five failures in a row for an outage, and no fewer', async () => {
  const one = gate();
  for (let failures = 1; failures <= 4; failures += 1) {
    one.failed(new TaskError('PROVIDER_UNAVAILABLE'));
  }
  await until('four failures', async () => (await redis.get('wearon:gate:outage')) === '4');
  await one.check();
  one.failed(new TaskError('PROVIDER_OUTCOME_UNKNOWN'));
  await until('the breaker to open', () => events.includes('breaker_opened'));
  await assert.rejects(one.check(), REFUSED);
});

it("an answer about one task's photo proves that the service works", async () => {
  const one = gate();
  for (let failures = 1; failures <= 4; failures += 1) {
    one.failed(new TaskError('PROVIDER_UNAVAILABLE'));
  }
  await until('four failures', async () => (await redis.get('wearon:gate:outage')) === '4');
  one.failed(new TaskError('MODERATION_BLOCKED'));
  await until('the count to end', async () => (await redis.exists('wearon:gate:outage')) === 0);
});
