/**
 * What is read at every scrape: queues, money owed, breaker, model, readiness. Everything comes
 * from values that others keep up to date; a scrape asks no one.
 */
import type { GateState, MemoryUsage, QueueStats } from '../ports/redis-readings.ts';
import type { Meters } from './meters.ts';

/** What Redis said last; the same on every replica. */
export interface SharedReading {
  readonly queues: QueueStats;
  /** By the name of the provider. */
  readonly gates: Readonly<Record<string, GateState>>;
  /** Of today, in US dollars. */
  readonly budget: { readonly spentUsd: number; readonly limitUsd: number | null };
  /** Of Redis; null where it may not be asked. */
  readonly memory: MemoryUsage | null;
  /** The operator keeps new tasks on the list. */
  readonly isDraining: boolean;
  readonly atMs: number;
}

export interface GaugeSources {
  /** Null until Redis has answered once. */
  readonly shared: () => SharedReading | null;
  readonly isReady: () => boolean;
  readonly attemptsRunning: () => number;
  readonly attemptsLimit: number;
  readonly callsRunning: () => number;
  readonly callsLimit: number;
  /** 1 for each service of Supabase that answers, else 0; null until it was asked. */
  readonly supabaseUp: () => Readonly<Record<string, number>> | null;
  /** OpenAI's models that calls go to; all of it may change while the worker runs. */
  readonly imageModels: readonly {
    readonly name: string;
    readonly isSuccessor: boolean;
    readonly shutdownDate: string | null;
  }[];
}

const BREAKER_STATES = ['closed', 'half_open', 'open'] as const;

/** Adds the gauges of a running worker. */
export function addGauges(meters: Meters, sources: GaugeSources): void {
  addSharedGauges(meters, sources.shared);
  const { gauge, gauges } = meters;
  gauge('ready', '1 while this process can take tasks, also while they are kept on the list.', () =>
    Number(sources.isReady()),
  );
  gauge('attempts_running', 'Attempts under way in this process.', sources.attemptsRunning);
  gauge(
    'attempts_limit',
    'The most attempts at once in this process: its calls, and tasks that are prepared or stored meanwhile.',
    () => sources.attemptsLimit,
  );
  gauge('calls_running', 'Call slots that are taken in this process.', sources.callsRunning);
  gauge(
    'calls_limit',
    'The most paid calls at once in this process (WORKER_CONCURRENCY).',
    () => sources.callsLimit,
  );
  gauges(
    'supabase_up',
    '1 while this service of Supabase answers this process, else 0 (asked every METRICS_INTERVAL_SECONDS).',
    'service',
    sources.supabaseUp,
  );
  const { imageModels } = sources;
  gauges(
    'image_model_replaced',
    '1 while calls go to this successor of OPENAI_IMAGE_MODEL, which is shut down; else 0.',
    'model',
    () => Object.fromEntries(imageModels.map((model) => [model.name, Number(model.isSuccessor)])),
  );
  gauges(
    'image_model_retirement_timestamp_seconds',
    'When the image model is shut down; absent where no date is known.',
    'model',
    () =>
      Object.fromEntries(
        imageModels.flatMap(({ name, shutdownDate }) =>
          shutdownDate === null ? [] : [[name, Date.parse(shutdownDate) / 1000]],
        ),
      ),
  );
}

function addSharedGauges(meters: Meters, shared: GaugeSources['shared']): void {
  const gauge = (name: string, help: string, read: (reading: SharedReading) => number | null) =>
    meters.gauge(name, help, () => {
      const reading = shared();
      return reading === null ? null : read(reading);
    });
  const perPlace = (value: 'tasks' | 'oldestAgeSeconds') => () => {
    const places = Object.entries(shared()?.queues.places ?? {});
    return Object.fromEntries(places.map(([place, stats]) => [place, stats[value]]));
  };
  meters.gauges(
    'tasks',
    'Tasks by where they are. The backlog is list + intake + waiting + delayed.',
    'place',
    perPlace('tasks'),
  );
  meters.gauges(
    'oldest_task_age_seconds',
    'Age of the oldest task by place (list, intake, waiting, active, delayed), since it was ordered.',
    'place',
    perPlace('oldestAgeSeconds'),
  );
  gauge(
    'jobs_given_up',
    'Jobs that kept crashing and await their rescue.',
    ({ queues }) => queues.givenUp,
  );
  gauge(
    'refunds_outstanding',
    'Refunds not booked yet.',
    ({ queues }) => queues.refundsOutstanding,
  );
  gauge(
    'oldest_refund_age_seconds',
    'Age of the oldest refund not booked yet; 0 without one.',
    ({ queues }) => queues.oldestRefundAgeSeconds,
  );
  gauge(
    'dead_letters',
    'Messages that could not become tasks.',
    ({ queues }) => queues.deadLetters,
  );
  gauge(
    'reconciliation_records',
    'Failed sessions whose payment awaits a person.',
    ({ queues }) => queues.reconciliation,
  );
  gauge(
    'webhooks_pending',
    'Webhooks on their way, retries included.',
    ({ queues }) => queues.webhooks.pending,
  );
  gauge(
    'webhooks_undelivered',
    'Webhooks that were given up in the last 7 days (10,000 at the most).',
    ({ queues }) => queues.webhooks.undelivered,
  );
  gauge(
    'redis_memory_used_bytes',
    'Memory that Redis uses; absent where INFO is not allowed.',
    ({ memory }) => memory?.usedBytes ?? null,
  );
  gauge(
    'redis_memory_limit_bytes',
    'Memory at which Redis refuses new tasks (maxmemory); absent where it has no limit.',
    ({ memory }) => memory?.limitBytes ?? null,
  );
  gauge('draining', '1 while the operator keeps new tasks on the list.', ({ isDraining }) =>
    Number(isDraining),
  );
  addGateGauges(meters, shared);
  gauge(
    'budget_spent_today_usd',
    'What paid calls cost today (UTC), or is set aside for them; counted while DAILY_BUDGET_USD is set.',
    ({ budget }) => budget.spentUsd,
  );
  gauge(
    'budget_limit_usd',
    'DAILY_BUDGET_USD; absent where it is not set.',
    ({ budget }) => budget.limitUsd,
  );
  gauge(
    'shared_reading_age_seconds',
    'Age of the reading of Redis behind these gauges.',
    ({ atMs }) => Math.max(0, (Date.now() - atMs) / 1000),
  );
}

function addGateGauges({ gauges, gaugeRows }: Meters, shared: GaugeSources['shared']): void {
  const gates = () => Object.entries(shared()?.gates ?? {});
  gaugeRows(
    'breaker_state',
    '1 for the state that paid calls to the provider are in.',
    ['provider', 'state'],
    () =>
      gates().flatMap(([provider, { breaker }]) =>
        BREAKER_STATES.map((state) => ({
          labels: { provider, state },
          value: Number(state === breaker),
        })),
      ),
  );
  gauges(
    'provider_pace_slowness_ratio',
    'By what the interval of paid calls is stretched after the vendor asked for less: 1 to 16.',
    'provider',
    () => Object.fromEntries(gates().map(([provider, { slowness }]) => [provider, slowness])),
  );
}
