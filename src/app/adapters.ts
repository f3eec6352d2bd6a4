/**
 * Everything outside the process: the connections, and what works over them.
 */

import { connectRedis } from '../adapters/redis/connection.ts';
import { RedisDailyBudget } from '../adapters/redis/daily-budget.ts';
import { RedisDataLossMarker } from '../adapters/redis/data-loss-marker.ts';
import { BullGenerationJobs } from '../adapters/redis/jobs/generation-queue.ts';
import { BullRefunds } from '../adapters/redis/jobs/refund-queue.ts';
import { RETENTION_LOCK, RETENTION_LOCK_MS, RedisLock } from '../adapters/redis/lock.ts';
import { RedisPayerLock } from '../adapters/redis/payer-lock.ts';
import { progressPublisher } from '../adapters/redis/progress-channel.ts';
import { RedisReconciliation } from '../adapters/redis/reconciliation.ts';
import { RedisTaskList } from '../adapters/redis/task-list.ts';
import { RedisUploadProbe } from '../adapters/redis/upload-probe.ts';
import { connectSupabase } from '../adapters/supabase/client.ts';
import { storageProblem } from '../adapters/supabase/storage-problem.ts';
import { openStores } from '../adapters/supabase/stores.ts';
import type { Config } from '../config.ts';
import { ByteBudget, DOWNLOAD_BUDGET_BYTES } from '../images/byte-budget.ts';
import { loopErrors, type RecordEvent } from '../ports/events.ts';
import { publishEvents } from '../progress/publish-events.ts';
import { recordTo } from '../telemetry/event-log.ts';
import type { Logger } from '../telemetry/logger.ts';
import { StorageBreaker } from '../tryon/storage-breaker.ts';
import { openFetchers } from './fetchers.ts';
import { openProviders } from './image-providers.ts';
import { RedisHealth } from './redis-health.ts';
import { openWebhooks } from './webhooks.ts';

interface Deps {
  readonly logger: Logger;
  /** Logs and counts. */
  readonly note: RecordEvent;
  /** Gets what an operator should know of the configuration. */
  readonly warn: (warning: string) => void;
  readonly stack: AsyncDisposableStack;
}

/**
 * Everything below; `redis` and `blocking` are two connections to Redis. `record` logs, counts and
 * publishes.
 */
export type Adapters = ReturnType<typeof openAdapters>;

/** Opens the connections; dispose of `stack` after everything that uses them. Throws a ConfigError. */
export function openAdapters(config: Config, { logger, note, warn, stack }: Deps) {
  const redisHealth = new RedisHealth(note, warn);
  const redis = connectRedis(
    config.redisUrl,
    (error, repeated) => redisHealth.lost(error, repeated),
    () => {
      redisHealth.back();
      logger.info('redis_connected');
    },
  );
  stack.defer(() => redis.disconnect());
  const blocking = redis.duplicate();
  stack.defer(() => blocking.disconnect());
  const publish = publishEvents(progressPublisher(redis), loopErrors(note, 'progress'));
  const record = recordTo(note, publish);
  const supabase = connectSupabase(config.supabaseUrl, config.supabaseServiceRoleKey);
  const named = { key: config.supabaseServiceRoleKey, bucket: config.supabaseBucket };
  const webhooks = openWebhooks(config, redis, { record, stack });
  const stores = openStores(supabase, config, record);
  const { providers, vendors } = openProviders(config, { redis, record, warn, stack });
  return {
    record,
    storage: new StorageBreaker({
      problemOf: () => storageProblem(supabase, named),
      tryUpload: () => stores.imageStore.tryUpload(),
      probe: new RedisUploadProbe(redis, loopErrors(record, 'upload_probe')),
      record,
    }),
    supabase,
    redis,
    redisHealth,
    blocking,
    source: new RedisTaskList(redis, blocking),
    dataLoss: new RedisDataLossMarker(redis),
    jobs: stack.use(new BullGenerationJobs(redis)),
    refunds: stack.use(new BullRefunds(redis)),
    webhooks,
    ...(webhooks === null ? {} : { announceEnd: webhooks.announceEnd }),
    payerLock: new RedisPayerLock(redis),
    reconciliation: new RedisReconciliation(redis),
    ...stores,
    downloads: new ByteBudget(DOWNLOAD_BUDGET_BYTES),
    ...openFetchers(config, stack),
    providers,
    vendors,
    budget: new RedisDailyBudget(redis, config.dailyBudgetUsd, record),
    retentionLock: new RedisLock(redis, RETENTION_LOCK, RETENTION_LOCK_MS),
  };
}
