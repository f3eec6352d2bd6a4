/**
 * What replicas know of uploads that fail, held to its port on a real Redis.
 */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, it } from 'node:test';
import { until } from '../../local/until.ts';
import { RedisUploadProbe } from '../../src/adapters/redis/upload-probe.ts';
import { afterTests } from '../support/after-tests.ts';
import { openRedis } from '../support/redis.ts';

const { redis } = afterTests.use(await openRedis());
/** End the probes of two tasks. */
let [paid, next] = [new AbortController(), new AbortController()];

beforeEach(async () => {
  [paid, next] = [new AbortController(), new AbortController()];
  await redis.flushall();
});

afterEach(() => {
  paid.abort();
  next.abort();
});

const REFUSED = { code: 'STORAGE_UNAVAILABLE' };
const probeOf = () => new RedisUploadProbe(redis, assert.fail);
const isFree = async (probe: RedisUploadProbe) =>
  probe.assertMayPay().then(
    () => true,
    () => false,
  );

it('while uploads work every task may pay', async () => {
  const [one, two] = [probeOf(), probeOf()];
  const { signal } = paid;
  await Promise.all([one.enter(signal), one.enter(next.signal), two.enter(signal)]);
  await two.assertMayPay();
});

it('after a failed upload one task of all replicas probes at a time', async () => {
  const [one, two] = [probeOf(), probeOf()];
  await one.failed(paid.signal);
  await one.failed(paid.signal);
  await assert.rejects(two.assertMayPay(), REFUSED);
  await assert.rejects(two.enter(next.signal), REFUSED);
  paid.abort();
  await until('the probe to be free', () => isFree(two));
  const entered = await Promise.allSettled([two.enter(next.signal), one.enter(next.signal)]);
  assert.deepEqual(entered.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
  await two.succeeded();
  await one.assertMayPay();
  await one.enter(paid.signal);
});
