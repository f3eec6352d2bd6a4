/** The pace of the paid calls, held to its port on a real Redis, with two replicas. */
import assert from 'node:assert/strict';
import { beforeEach, it } from 'node:test';
import { until } from '../../local/until.ts';
import { afterTests } from '../support/after-tests.ts';
import { enter, fail, openGates, REFUSED, succeed } from './gates.ts';
import { watchCommands } from './redis-commands.ts';

const gates = afterTests.use(await openGates());
const { gate, redis } = gates;
const { signal } = new AbortController();

beforeEach(() => gates.empty());

/** Unix ms of the next slot; Redis counts in fractions of them. */
async function nextSlotMs(): Promise<number> {
  return Math.floor(Number(await redis.get('wearon:gate:next')));
}

it('the rate limiter hands out slots one interval apart, over replicas', async () => {
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

it('the rate limiter is held up by one answer for a minute at the most', async () => {
  await fail(gate(), 'PROVIDER_BUSY', { retryAfterMs: 3_600_000 });
  await until('the pace to be lowered', () => redis.exists('wearon:gate:slowness'));
  assert.ok((await nextSlotMs()) <= Date.now() + 60_000);
});

it('the rate limiter refuses a slot after the deadline without taking it', async () => {
  const nextMs = String(Date.now() + 7_200_000);
  await redis.set('wearon:gate:next', nextMs);
  await assert.rejects(enter(gate()), { code: 'DEADLINE_EXCEEDED' });
  assert.equal(await redis.get('wearon:gate:next'), nextMs);
  await redis.del('wearon:gate:next');
  await assert.rejects(gate().enter(Date.now(), signal), { code: 'DEADLINE_EXCEEDED' });
  assert.equal(await redis.exists('wearon:gate:next'), 0);
});

it('the rate limiter gives back slots of calls that the breaker refuses', async () => {
  // A slot every five seconds: time to open the breaker before the first one comes.
  const replica = gate({ callsPerMinute: 12 });
  await succeed(replica);
  const before = await nextSlotMs();
  const waiting = [enter(replica), enter(replica)];
  await until('two slots to be taken', async () => (await nextSlotMs()) - before > 9998);
  await redis.set('wearon:gate:tripped', 'PROVIDER_UNAVAILABLE');
  await redis.set('wearon:gate:open', 'PROVIDER_UNAVAILABLE', 'PX', 60_000);
  for (const entered of waiting) await assert.rejects(entered, REFUSED);
  assert.ok((await nextSlotMs()) <= Date.now() + 1000);
});

it('the rate limiter takes back the slot of a call that will not be made', async () => {
  const slow = gate({ callsPerMinute: 1 });
  using _first = await enter(slow);
  const before = await nextSlotMs();
  const stop = new AbortController();
  const given = slow.enter(Date.now() + 3_600_000, stop.signal);
  await until('the slot to be reserved', async () => (await nextSlotMs()) > before);
  stop.abort();
  await assert.rejects(given);
  assert.ok((await nextSlotMs()) <= before);
});

it('a call that succeeds at once takes two commands', async () => {
  using watch = await watchCommands(redis);
  await succeed(gate());
  await redis.ping();
  await until('all to be seen', () => watch.commands.includes('ping'));
  assert.deepEqual(watch.commands, ['eval', 'eval', 'ping']);
});
