/**
 * Reads what all replicas share in Redis, in the background: a scrape of the metrics waits for no one.
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
import type { SharedReading } from '../telemetry/gauges.ts';

/** What every replica shares, as Redis said last. */
interface SharedWatch extends Disposable {
  /** Null until Redis has answered once. */
  readonly reading: SharedReading | null;
  /** Why no picture can be made now, in words. */
  readonly problems: readonly string[];
}

/** Reads at once and then every METRICS_INTERVAL_SECONDS; disposing of it ends that. */
export function watchShared(
  config: Config,
  redis: Redis,
  onError: (error: Error) => void,
): SharedWatch {
  const stop = new AbortController();
  let reading: SharedReading | null = null;
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
    reading = { queues, gates, budget, memory, isDraining: drainedAt !== null, atMs: Date.now() };
    problems = [...problemsOf(gates, drainedAt), ...overspent(budget)];
  };
  // No one waits for its end: Redis may be away, and the reading is no longer needed.
  void repeat(read, config.metricsIntervalSeconds * 1000, stop.signal, onError);
  return {
    get reading() {
      return reading;
    },
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
