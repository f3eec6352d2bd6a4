/**
 * Keeps what the metrics show of Redis fresh, in the background: a scrape waits for nobody.
 */
import type { Redis } from 'ioredis';
import { drainingSince } from '../adapters/redis/drain.ts';
import { readMemoryUsage } from '../adapters/redis/memory-usage.ts';
import { type GateState, readGateState } from '../adapters/redis/provider-gate.ts';
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
  readonly supabase: { readonly up: ReturnType<GaugeSources['supabaseUp']> };
  readonly onError: (error: Error) => void;
}

/** What every replica shares, as Redis said last. */
export interface SharedWatch extends Disposable {
  /** Why no picture can be made now, in words. */
  readonly problems: readonly string[];
}

/** Adds the gauges and begins to read; disposing of it ends the reading. */
export function watchWorker(config: Config, metrics: Metrics, watched: Watched): SharedWatch {
  const { redis, isReady, attemptsRunning, imageModel, supabase, onError } = watched;
  const stop = new AbortController();
  let shared: SharedReading | null = null;
  let problems: readonly string[] = [];
  const read = async () => {
    const [queues, gate, drainedAt, memory] = await Promise.all([
      readQueueStats(redis),
      readGateState(redis, 'openai'),
      drainingSince(redis),
      readMemoryUsage(redis),
    ]);
    shared = { queues, gate, memory, isDraining: drainedAt !== null, atMs: Date.now() };
    problems = problemsOf(gate, drainedAt);
  };
  metrics.watch({
    shared: () => shared,
    isReady,
    attemptsRunning,
    concurrency: config.workerConcurrency,
    imageModel,
    supabaseUp: () => supabase.up,
  });
  // Nobody waits for its end: Redis may be away, and a reading is of no use any more.
  void repeat(read, config.metricsIntervalSeconds * 1000, stop.signal, onError);
  return {
    get problems() {
      return problems;
    },
    [Symbol.dispose]: () => stop.abort(),
  };
}

function problemsOf({ trip }: GateState, drainedAt: string | null): string[] {
  const stopped = trip && `paid calls are stopped: ${trip.code}, since ${trip.since ?? 'unknown'}`;
  const drained =
    drainedAt && `no task is taken: drained since ${drainedAt}, until wearon drain --off`;
  return [stopped, drained].filter((problem) => problem !== null);
}
