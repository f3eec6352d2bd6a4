/**
 * `queue stats`: where the tasks are, and what money is at risk.
 */
import type { Command } from 'commander';
import { TASK_PLACES } from '../adapters/redis/queue-stats.ts';
import { type QueueOverview, queueOverview } from '../operations/queue-overview.ts';
import type { Answer } from './answer.ts';
import type { CliContext, Run } from './cli-context.ts';
import { ago, duration, pairs, table } from './table.ts';

export function addQueue(program: Command, run: Run): void {
  const queue = program.command('queue').description('The tasks on their way');
  queue
    .command('stats')
    .description('Where the tasks are, how old, and what money is at risk')
    .option('--json', 'answer in JSON')
    .action((options) => run(options, queueStats));
}

async function queueStats(context: CliContext): Promise<Answer> {
  const data = await queueOverview(await context.operations());
  const isFine = data.givenUp + data.deadLetters + data.reconciliation === 0;
  return { data, text: describe(data), isFine: isFine && data.breaker === 'closed' };
}

function describeTrip(trip: QueueOverview['trip']): string {
  return trip === null ? '' : `, since ${trip.since ?? 'an unknown time'}: ${trip.code}`;
}

function describe({ places, moneyAtRisk, pace, ...stats }: QueueOverview): string {
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
