/**
 * Keeps what the metrics show of Redis fresh, in the background: a scrape waits for no one.
 */
import type { Redis } from 'ioredis';
import { spentToday } from '../adapters/redis/daily-budget.ts';
import { drainingSince } from '../adapters/redis/drain.ts';
import { readGateState } from '../adapters/redis/gate/provider-gate.ts';
import { readMemoryUsage } from '../adapters/redis/memory.ts';
import { readQueueStats } from '../adapters/redis/queue-stats.ts';
import { repeat } from '../concurrency/repeat.ts';
import type { Config } from '../config.ts';
import type { GateState } from '../ports/redis-readings.ts';
import type { GaugeSources, SharedReading } from '../telemetry/gauges.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { attemptsFor } from '../tryon/call-slots.ts';

export interface Watched {
  readonly redis: Redis;
  readonly isReady: () => boolean;
  readonly attemptsRunning: () => number;
  readonly callsRunning: () => number;
  readonly imageModels: GaugeSources['imageModels'];
  readonly supabase: { readonly up: ReturnType<GaugeSources['supabaseUp']> };
  readonly onError: (error: Error) => void;
}

/** What every replica shares, as Redis said last. */
interface SharedWatch extends Disposable {
  /** Why no picture can be made now, in words. */
  readonly problems: readonly string[];
}

/** Adds the gauges and begins to read; disposing of it ends the reading. */
export function watchShared(config: Config, metrics: Metrics, watched: Watched): SharedWatch {
  const { redis, isReady, attemptsRunning, callsRunning, imageModels, supabase, onError } = watched;
  const stop = new AbortController();
  let shared: SharedReading | null = null;
  let problems: readonly string[] = [];
  const read = async () => {
    const [queues, gates, drainedAt, memory, spentUsd] = await Promise.all([
      readQueueStats(redis),
      readGates(redis, config.providersInUse),
      drainingSince(redis),
      readMemoryUsage(redis),
      spentToday(redis),
    ]);
    const budget = { spentUsd, limitUsd: config.dailyBudgetUsd };
    shared = { queues, gates, budget, memory, isDraining: drainedAt !== null, atMs: Date.now() };
    problems = [...problemsOf(gates, drainedAt), ...overspent(budget)];
  };
  metrics.watch({
    shared: () => shared,
    isReady,
    attemptsRunning,
    attemptsLimit: attemptsFor(config.workerConcurrency),
    callsRunning,
    callsLimit: config.workerConcurrency,
    imageModels,
    supabaseUp: () => supabase.up,
  });
  // No one waits for its end: Redis may be away, and a reading is of no use any more.
  void repeat(read, config.metricsIntervalSeconds * 1000, stop.signal, onError);
  return {
    get problems() {
      return problems;
    },
    [Symbol.dispose]: () => stop.abort(),
  };
}

async function readGates(
  redis: Redis,
  providers: readonly string[],
): Promise<Readonly<Record<string, GateState>>> {
  const read = async (name: string) => [name, await readGateState(redis, name)] as const;
  return Object.fromEntries(await Promise.all(providers.map(read)));
}

function overspent({ spentUsd, limitUsd }: NonNullable<SharedReading['budget']>): string[] {
  if (limitUsd === null || spentUsd < limitUsd) return [];
  return [`paid calls pause until the next day (UTC): DAILY_BUDGET_USD ${limitUsd} is spent`];
}

function problemsOf(
  gates: Readonly<Record<string, GateState>>,
  drainedAt: string | null,
): string[] {
  const entries = Object.entries(gates);
  const stopped = entries.map(([name, { trip }]) => {
    const to = entries.length === 1 ? '' : ` to ${name}`;
    return trip && `paid calls${to} are stopped: ${trip.code}, since ${trip.since ?? 'unknown'}`;
  });
  const drained =
    drainedAt && `no task is taken: drained since ${drainedAt}, until wearon drain --off`;
  return [...stopped, drained].filter((problem) => problem !== null);
}
