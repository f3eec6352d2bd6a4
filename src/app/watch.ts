/**
 * Keeps what the metrics show of Redis fresh, in the background: a scrape waits for nobody.
 */
import type { Redis } from 'ioredis';
import { drainingSince } from '../adapters/redis/drain.ts';
import { readGateState } from '../adapters/redis/provider-gate.ts';
import { readQueueStats } from '../adapters/redis/queue-stats.ts';
import type { Config } from '../config.ts';
import { repeat } from '../repeat.ts';
import type { GaugeSources, SharedReading } from '../telemetry/gauges.ts';
import type { Metrics } from '../telemetry/metrics.ts';

export interface Watched {
  readonly redis: Redis;
  readonly isReady: () => boolean;
  readonly attemptsRunning: () => number;
  readonly imageModel: GaugeSources['imageModel'];
  readonly onError: (error: Error) => void;
}

/** Adds the gauges and begins to read; disposing of it ends the reading. */
export function watchWorker(config: Config, metrics: Metrics, watched: Watched): Disposable {
  const { redis, isReady, attemptsRunning, imageModel, onError } = watched;
  const stop = new AbortController();
  let shared: SharedReading | null = null;
  const read = async () => {
    const [queues, gate, drainedAt] = await Promise.all([
      readQueueStats(redis),
      readGateState(redis),
      drainingSince(redis),
    ]);
    shared = { queues, gate, isDraining: drainedAt !== null, atMs: Date.now() };
  };
  metrics.watch({
    shared: () => shared,
    isReady,
    attemptsRunning,
    concurrency: config.workerConcurrency,
    imageModel,
  });
  // Nobody waits for its end: Redis may be away, and a reading is of no use any more.
  void repeat(read, config.metricsIntervalSeconds * 1000, stop.signal, onError);
  return { [Symbol.dispose]: () => stop.abort() };
}
