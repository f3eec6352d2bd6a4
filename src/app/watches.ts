/** What a worker asks in the background: the vendors, Supabase, and what all replicas share in Redis. */
import type { Config } from '../config.ts';
import type { GaugeSources } from '../telemetry/gauges.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { attemptsFor } from '../tryon/call-slots.ts';
import type { Adapters } from './adapters.ts';
import { watchShared } from './shared-watch.ts';
import { watchSupabase } from './supabase-watch.ts';

/** How the worker itself is doing, when the metrics are scraped. */
type OwnGauges = Pick<GaugeSources, 'isReady' | 'attemptsRunning' | 'callsRunning'>;

interface WatchDeps {
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly stack: AsyncDisposableStack;
  readonly onError: (error: Error) => void;
}

/**
 * Starts asking the vendors, Supabase and Redis, and shows the answers in the metrics next to `own`;
 * the stack ends it. Each watch has its `problems`.
 */
export function startWatches(
  config: Config,
  adapters: Adapters,
  own: OwnGauges,
  { metrics, logger, stack, onError }: WatchDeps,
) {
  const notListed = (error: Error) => logger.debug({ error }, 'image_models_not_listed');
  const vendors = adapters.vendors.map(({ watch }) => stack.use(watch(notListed)));
  const imageModels = vendors.flatMap(({ modelInUse }) => modelInUse ?? []);
  const everyMs = config.metricsIntervalSeconds * 1000;
  const supabase = stack.use(watchSupabase({ ...adapters, logger }, everyMs));
  const shared = stack.use(watchShared(config, adapters.redis, onError));
  metrics.watch({
    ...own,
    shared: () => shared.reading,
    attemptsLimit: attemptsFor(config.workerConcurrency),
    callsLimit: config.workerConcurrency,
    imageModels,
    supabaseUp: () => supabase.up,
  });
  return [supabase, ...vendors, shared];
}
