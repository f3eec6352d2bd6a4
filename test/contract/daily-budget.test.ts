/** The daily budget, on a real Redis, with two replicas. */
import assert from 'node:assert/strict';
import { beforeEach, it } from 'node:test';
import { until } from '../../local/until.ts';
import { RedisDailyBudget, spentToday } from '../../src/adapters/redis/daily-budget.ts';
import { afterTests } from '../support/after-tests.ts';
import { openRedis } from '../support/redis.ts';

const { redis } = afterTests.use(await openRedis());
let events: string[];
const SPENT = { code: 'PROVIDER_REFUSES_SERVICE', detail: 'budget_spent' };

beforeEach(async () => {
  events = [];
  await redis.flushall();
});

function budget(limitUsd: number | null): RedisDailyBudget {
  return new RedisDailyBudget(redis, limitUsd, ({ event }) => events.push(event));
}

async function spentIs(usd: number): Promise<void> {
  await until(`${usd} USD`, async () => Math.abs((await spentToday(redis)) - usd) < 1e-9);
}

it('calls at the same time over all replicas never go beyond the limit', async () => {
  const replicas = [budget(1), budget(1)] as const;
  const asked = Array.from({ length: 40 }, (_, at) => replicas[at % 2 ? 1 : 0].reserve(0.1));
  const given = (await Promise.allSettled(asked)).filter(({ status }) => status === 'fulfilled');
  assert.ok(given.length === 10 || given.length === 9, `${given.length} calls`);
  assert.ok((await spentToday(redis)) <= 1 + 1e-9);
  assert.deepEqual(events, ['budget_spent', 'budget_spent']);
});

it('the forecast is replaced by the cost, and by nothing when unbilled', async () => {
  const one = budget(1);
  (await one.reserve(0.1)).spent(0.03);
  await spentIs(0.03);
  (await one.reserve(0.1)).returned();
  await spentIs(0.03);
  (await one.reserve(0.1)).spent(null);
  await spentIs(0.13);
  await one.reserve(0.5);
  await spentIs(0.63);
});

it('a Redis that lost the day does not take a cost off the next calls', async () => {
  const one = budget(1);
  const [first, second] = [await one.reserve(0.4), await one.reserve(0.4)];
  await redis.flushall();
  first.spent(0.1);
  second.returned();
  await one.reserve(0.2);
  await spentIs(0.2);
});

it('a spent budget refuses until the next day', async () => {
  const one = budget(0.1);
  await one.assertMayPay();
  (await one.reserve(0.05)).spent(0.2);
  await spentIs(0.2);
  await assert.rejects(one.assertMayPay(), SPENT);
  await assert.rejects(one.reserve(0.01), SPENT);
});

it('a task asks a spent budget again, since it may be raised', async () => {
  (await budget(0.1).reserve(0.05)).spent(0.2);
  await spentIs(0.2);
  await assert.rejects(budget(0.1).assertMayPay(), { ...SPENT, retryAfterMs: 60_000 });
  await budget(1).assertMayPay();
});

it('without a limit nothing is counted', async () => {
  (await budget(null).reserve(5)).spent(5);
  await budget(null).assertMayPay();
  assert.equal(await spentToday(redis), 0);
});
