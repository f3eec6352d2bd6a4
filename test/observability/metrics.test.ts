/** What Prometheus sees of a real worker on the local stack. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { until } from '../../local/until.ts';
import { DEAD_LETTER_LIST } from '../../src/adapters/redis/task-list.ts';
import { afterTests } from '../support/after-tests.ts';
import { oneDeliveredOneRefused, openShop } from '../support/shop.ts';
import { startWorkerProcess } from '../support/worker-process.ts';

const shop = afterTests.use(await openShop());
const worker = afterTests.use(
  await startWorkerProcess({ ...shop.stack.env, METRICS_INTERVAL_SECONDS: '1' }),
);

/** The value of one series, or null when it is not there. */
async function shown(series: string): Promise<number | null> {
  const answer = await fetch(`${worker.address}/metrics`);
  assert.equal(answer.status, 200);
  const line = (await answer.text()).split('\n').find((l) => l.startsWith(`${series} `));
  return line === undefined ? null : Number(line.slice(series.length + 1));
}

function shows(series: string, value: number): Promise<true> {
  return until(`${series} to be ${value}`, async () => (await shown(series)) === value);
}

describe('the metrics of a worker', () => {
  it('count pictures made, their cost, and credits refunded', async () => {
    await oneDeliveredOneRefused(shop);

    await shows('wearon_generations_total{channel="b2c",outcome="completed",code="none"}', 1);
    const failed = 'channel="b2c",outcome="failed",code="MODERATION_BLOCKED"';
    await shows(`wearon_generations_total{${failed}}`, 1);
    await shows('wearon_refunds_total{payer="person"}', 1);
    const caller = 'provider="openai",model="gpt-image-2.6-sunburst"';
    await shows(`wearon_provider_calls_total{${caller}}`, 2);
    await shows(`wearon_provider_repeated_calls_total{${caller}}`, 0);
    await shows('wearon_queue_wait_seconds_count{channel="b2c"}', 2);
    assert.ok(Number(await shown(`wearon_provider_cost_usd_total{${caller}}`)) > 0);
    assert.ok(
      Number(await shown(`wearon_provider_tokens_total{${caller},direction="output"}`)) > 0,
    );
  });

  it('follow the queues in Redis without asking Redis in the scrape', async () => {
    await shows('wearon_dead_letters', 0);
    await shop.platform.redis.lpush(DEAD_LETTER_LIST, '{}');
    await shows('wearon_dead_letters', 1);
    await shows('wearon_breaker_state{provider="openai",state="closed"}', 1);
    await shop.stack.redis.stop();
    try {
      await shows('wearon_ready', 0);
      assert.equal(await shown('wearon_dead_letters'), 1);
    } finally {
      await shop.stack.redis.start();
    }
    await shows('wearon_ready', 1);
  });

  it('show the state of the process', async () => {
    assert.ok(Number(await shown('wearon_process_resident_memory_bytes')) > 0);
    assert.notEqual(await shown('wearon_nodejs_eventloop_lag_p99_seconds'), null);
  });
});
