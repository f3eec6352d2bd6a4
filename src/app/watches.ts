/** What a worker asks in the background: the vendors, Supabase, and what all replicas share in Redis. */
import type { Config } from '../config.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { Adapters } from './adapters.ts';
import { type Watched, watchShared } from './shared-watch.ts';
import { watchSupabase } from './supabase-watch.ts';

interface WatchDeps
  extends Pick<Watched, 'isReady' | 'attemptsRunning' | 'callsRunning' | 'onError'> {
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly stack: AsyncDisposableStack;
}

/** Starts asking the vendors, Supabase and Redis; the stack ends it. Each has its `problems`. */
export function startWatches(
  config: Config,
  adapters: Adapters,
  { metrics, logger, stack, ...parts }: WatchDeps,
) {
  const { redis } = adapters;
  const notListed = (error: Error) => logger.debug({ error }, 'image_models_not_listed');
  const vendors = adapters.vendors.map(({ watch }) => stack.use(watch(notListed)));
  const imageModels = vendors.flatMap(({ modelInUse }) => modelInUse ?? []);
  const everyMs = config.metricsIntervalSeconds * 1000;
  const supabase = stack.use(watchSupabase({ ...adapters, logger }, everyMs));
  const shared = watchShared(config, metrics, { redis, imageModels, supabase, ...parts });
  return [supabase, ...vendors, stack.use(shared)];
}
