import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { TaskError } from '../errors.ts';
import type { SharedReading } from './gauges.ts';
import { createMetrics, type Metrics } from './metrics.ts';

const task = { requestId: 'req_secret', sessionId: crypto.randomUUID(), channel: 'b2b' } as const;

async function scrape(metrics: Metrics): Promise<string> {
  return metrics.registry.metrics();
}

function quiet(): Metrics {
  return createMetrics({ processMetrics: false });
}

async function assertShows(metrics: Metrics, ...lines: readonly string[]): Promise<void> {
  const shown = (await scrape(metrics)).split('\n');
  for (const line of lines) {
    const name = line.slice(0, line.search(/[{ ]/));
    const near = shown.filter((other) => other.startsWith(name)).join('\n');
    assert.ok(shown.includes(line), `${line} is not among\n${near}`);
  }
}

describe('the metrics', () => {
  it('belong to their app alone', async () => {
    const [mine, other] = [quiet(), quiet()];
    mine.record({ event: 'task_received', task });
    await assertShows(mine, 'wearon_tasks_received_total{channel="b2b"} 1');
    await assertShows(other, 'wearon_tasks_received_total{channel="b2b"} 0');
  });

  it('begin at 0 for every alert, so that the first case is an increase', async () => {
    await assertShows(
      quiet(),
      'wearon_generations_total{channel="b2c",outcome="failed",code="GENERATION_FAILED"} 0',
      'wearon_refunds_to_reconcile_total{reason="refund_refused"} 0',
      'wearon_breaker_openings_total{provider="openai",code="PROVIDER_REFUSES_SERVICE"} 0',
      'wearon_provider_repeated_calls_total{provider="openai",model="gpt-image-2.6-sunburst"} 0',
      'wearon_provider_unknown_outcomes_total 0',
    );
  });

  it('count how a session ended, by channel and code', async () => {
    const metrics = quiet();
    metrics.record({
      event: 'generation_completed',
      task,
      processingTimeMs: 9000,
      totalMs: 12_000,
    });
    const code = 'MODERATION_BLOCKED';
    metrics.record({ event: 'generation_failed', task, code, moderation: true });
    await assertShows(
      metrics,
      'wearon_generations_total{channel="b2b",outcome="completed",code="none"} 1',
      'wearon_generations_total{channel="b2b",outcome="failed",code="MODERATION_BLOCKED"} 1',
      'wearon_moderation_blocks_total{channel="b2b"} 1',
      'wearon_generation_duration_seconds_sum{channel="b2b"} 12',
      'wearon_generation_processing_seconds_sum{channel="b2b"} 9',
    );
  });

  it('count paid calls, repeated ones, their tokens and their cost', async () => {
    const metrics = quiet();
    const vendor = { provider: 'openai', model: 'gpt-image-2' };
    const labels = '{provider="openai",model="gpt-image-2"}';
    metrics.record({ event: 'provider_call_started', task, call: 1, repeated: false, ...vendor });
    metrics.record({ event: 'provider_call_started', task, call: 2, repeated: true, ...vendor });
    const usage = { inputTokens: 1500, outputTokens: 1600, costUsd: 0.0625 };
    metrics.record({
      event: 'provider_call_succeeded',
      task,
      durationMs: 20_000,
      usage,
      ...vendor,
    });
    const unknown = { inputTokens: null, outputTokens: null, costUsd: null };
    metrics.record({
      event: 'provider_call_succeeded',
      task,
      durationMs: 10_000,
      usage: unknown,
      ...vendor,
    });
    await assertShows(
      metrics,
      `wearon_provider_calls_total${labels} 2`,
      `wearon_provider_repeated_calls_total${labels} 1`,
      `wearon_provider_cost_usd_total${labels} 0.0625`,
      `wearon_provider_unpriced_calls_total${labels} 1`,
      `wearon_provider_tokens_total${labels.replace('}', ',direction="output"}')} 1600`,
      `wearon_provider_call_duration_seconds_sum${labels} 30`,
    );
  });

  it('count a call of unknown outcome also where the deadline hides it', async () => {
    const metrics = quiet();
    const unknown = new TaskError('PROVIDER_OUTCOME_UNKNOWN');
    const late = new TaskError('DEADLINE_EXCEEDED', { cause: unknown });
    metrics.record({
      event: 'generation_retried',
      task,
      code: unknown.code,
      delayMs: 1,
      error: unknown,
    });
    metrics.record({ event: 'attempt_failed', task, code: late.code, error: late });
    const busy = new TaskError('PROVIDER_BUSY');
    metrics.record({ event: 'generation_retried', task, code: busy.code, delayMs: 1, error: busy });
    await assertShows(metrics, 'wearon_provider_unknown_outcomes_total 2');
  });

  it('never show an id', async () => {
    const metrics = quiet();
    metrics.record({ event: 'task_received', task });
    metrics.record({ event: 'credit_refunded', task, payer: 'store', credits: 2 });
    metrics.recordSizing({ event: 'size_rec_request_shed', requestId: 'r', reason: 'busy' });
    const text = await scrape(metrics);
    assert.doesNotMatch(text, /req_secret/);
    assert.ok(!text.includes(task.sessionId));
    await assertShows(metrics, 'wearon_refunded_credits_total{payer="store"} 2');
  });
});

describe('the gauges', () => {
  const none = { tasks: 0, oldestAgeSeconds: 0 };
  const others = { intake: none, waiting: none, active: none, delayed: none };
  const reading = (atMs: number): SharedReading => ({
    queues: {
      places: { list: { tasks: 7, oldestAgeSeconds: 42 }, ...others },
      givenUp: 0,
      refundsOutstanding: 3,
      oldestRefundAgeSeconds: 310,
      deadLetters: 1,
      webhooks: { pending: 0, undelivered: 0 },
      reconciliation: 2,
    },
    gates: { openai: { breaker: 'half_open', slowness: 4, trip: null } },
    budget: { spentUsd: 1.5, limitUsd: 2 },
    memory: { usedBytes: 100, limitBytes: 400 },
    isDraining: true,
    atMs,
  });

  function watched(shared: SharedReading | null): Metrics {
    const metrics = quiet();
    metrics.watch({
      shared: () => shared,
      isReady: () => true,
      attemptsRunning: () => 5,
      attemptsLimit: 58,
      callsRunning: () => 4,
      callsLimit: 50,
      supabaseUp: () => ({ database: 1, storage: 0 }),
      imageModels: [{ name: 'gpt-image-1.5', isSuccessor: false, shutdownDate: '2026-12-01' }],
    });
    return metrics;
  }

  it('show what was read last', async () => {
    await assertShows(
      watched(reading(Date.now())),
      'wearon_tasks{place="list"} 7',
      'wearon_oldest_task_age_seconds{place="list"} 42',
      'wearon_refunds_outstanding 3',
      'wearon_oldest_refund_age_seconds 310',
      'wearon_redis_memory_used_bytes 100',
      'wearon_redis_memory_limit_bytes 400',
      'wearon_dead_letters 1',
      'wearon_reconciliation_records 2',
      'wearon_breaker_state{provider="openai",state="half_open"} 1',
      'wearon_breaker_state{provider="openai",state="open"} 0',
      'wearon_provider_pace_slowness_ratio{provider="openai"} 4',
      'wearon_budget_spent_today_usd 1.5',
      'wearon_budget_limit_usd 2',
      'wearon_ready 1',
      'wearon_attempts_running 5',
      'wearon_attempts_limit 58',
      'wearon_calls_running 4',
      'wearon_calls_limit 50',
      'wearon_supabase_up{service="storage"} 0',
      'wearon_draining 1',
      'wearon_image_model_replaced{model="gpt-image-1.5"} 0',
      `wearon_image_model_retirement_timestamp_seconds{model="gpt-image-1.5"} ${Date.UTC(2026, 11, 1) / 1000}`,
    );
  });

  it('show nothing that was never read', async () => {
    const text = await scrape(watched(null));
    assert.doesNotMatch(text, /^wearon_(refunds_outstanding|tasks|dead_letters|breaker_state)\b/m);
    assert.match(text, /^wearon_ready 1$/m);
  });
});
