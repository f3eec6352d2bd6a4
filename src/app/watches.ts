/** What a worker asks in the background: the vendors, Supabase, and what all replicas share in Redis. */
import type { Config } from '../config.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { Adapters } from './adapters.ts';
import { watchImageModel } from './image-model.ts';
import { watchReplicate } from './replicate-watch.ts';
import { type Watched, watchShared } from './shared-watch.ts';
import { watchSupabase } from './supabase-watch.ts';

interface WatchDeps
  extends Pick<Watched, 'isReady' | 'attemptsRunning' | 'callsRunning' | 'onError'> {
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly warn: (warning: string) => void;
  readonly stack: AsyncDisposableStack;
}

/** Starts asking the vendors, Supabase and Redis; the stack ends it. Each has its `problems`. */
export function startWatches(
  config: Config,
  adapters: Adapters,
  { metrics, logger, warn, stack, ...parts }: WatchDeps,
) {
  const { openai, replicate, redis } = adapters;
  const notListed = (error: Error) => logger.debug({ error }, 'image_models_not_listed');
  const imageModels = openai.map((provider) =>
    stack.use(watchImageModel(provider, warn, notListed)),
  );
  const models = replicate.map((provider) => stack.use(watchReplicate(provider, notListed)));
  const everyMs = config.metricsIntervalSeconds * 1000;
  const supabase = stack.use(watchSupabase({ ...adapters, logger }, everyMs));
  const shared = watchShared(config, metrics, { redis, imageModels, supabase, ...parts });
  return [supabase, ...imageModels, ...models, stack.use(shared)];
}
