/**
 * `queue stats`: where the tasks are, and what money is at risk.
 */
import type { Command } from 'commander';
import { drainingSince } from '../adapters/redis/drain.ts';
import { paidCalls, refundJobs } from '../adapters/redis/job-views.ts';
import { readGateState } from '../adapters/redis/provider-gate.ts';
import { readQueueStats, TASK_PLACES } from '../adapters/redis/queue-stats.ts';
import type { Answer } from './answer.ts';
import type { Desk, Run } from './desk.ts';
import { ago, duration, pairs, table } from './table.ts';

export function addQueue(program: Command, run: Run): void {
  const queue = program.command('queue').description('The tasks on their way');
  queue
    .command('stats')
    .description('Where the tasks are, how old, and what money is at risk')
    .option('--json', 'answer in JSON')
    .action((options) => run(options, queueStats));
}

async function queueStats(desk: Desk): Promise<Answer> {
  const redis = await desk.redis();
  const [stats, gate, draining, calls, refunds] = await Promise.all([
    readQueueStats(redis),
    readGateState(redis, 'openai'),
    drainingSince(redis),
    paidCalls(redis),
    refundJobs(redis),
  ]);
  const callsPerMinute = Math.round(desk.config.openaiRateLimitPerMinute / gate.slowness);
  const pace = { callsPerMinute, slowness: gate.slowness };
  const moneyAtRisk = {
    paidCallsUnderWay: calls.open,
    paidCallsOutcomeUnknown: calls.outcomeUnknown,
    outcomeUnknownSessions: calls.sessionIds,
    refundsOutstanding: stats.refundsOutstanding,
    oldestRefundSince: refunds[0]?.intent.completedAt ?? null,
    reconciliationOpen: stats.reconciliation,
  };
  const data = {
    ...stats,
    breaker: gate.breaker,
    trip: gate.trip,
    pace,
    drainingSince: draining,
    moneyAtRisk,
  };
  const isFine = stats.givenUp + stats.deadLetters + stats.reconciliation === 0;
  return { data, text: describe(data), isFine: isFine && gate.breaker === 'closed' };
}

type Stats = Awaited<ReturnType<typeof readQueueStats>> & {
  readonly breaker: string;
  readonly trip: { readonly code: string; readonly since: string | null } | null;
  readonly pace: { readonly callsPerMinute: number; readonly slowness: number };
  readonly drainingSince: string | null;
  readonly moneyAtRisk: {
    readonly paidCallsUnderWay: number;
    readonly paidCallsOutcomeUnknown: number;
    readonly refundsOutstanding: number;
    readonly oldestRefundSince: string | null;
    readonly reconciliationOpen: number;
  };
};

function describeTrip(trip: Stats['trip']): string {
  return trip === null ? '' : `, since ${trip.since ?? 'an unknown time'}: ${trip.code}`;
}

function describe({ places, moneyAtRisk, pace, ...stats }: Stats): string {
  const rows = TASK_PLACES.map((place) => {
    const { tasks, oldestAgeSeconds } = places[place];
    return [place, tasks, tasks === 0 ? '–' : duration(oldestAgeSeconds)];
  });
  const since = moneyAtRisk.oldestRefundSince;
  return [
    table(['tasks', 'count', 'oldest'], rows, ''),
    '',
    pairs({
      'given up': stats.givenUp,
      'dead letters': stats.deadLetters,
      breaker: `${stats.breaker}${describeTrip(stats.trip)}`,
      pace: `${pace.callsPerMinute} paid calls a minute`,
      'webhooks pending': stats.webhooks.pending,
      'webhooks undelivered': stats.webhooks.undelivered,
      draining: stats.drainingSince === null ? 'no' : `since ${stats.drainingSince}`,
    }),
    '',
    'Money at risk',
    pairs({
      'paid calls under way': moneyAtRisk.paidCallsUnderWay,
      'paid calls, outcome unknown': moneyAtRisk.paidCallsOutcomeUnknown,
      'refunds outstanding': `${moneyAtRisk.refundsOutstanding}${since === null ? '' : `, oldest ${ago(since)}`}`,
      'to be reconciled by hand': moneyAtRisk.reconciliationOpen,
    }),
  ].join('\n');
}
