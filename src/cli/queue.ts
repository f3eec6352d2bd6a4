/**
 * `queue stats`: where the tasks are, and what money is at risk.
 */
import type { Command } from 'commander';
import { type QueueOverview, queueOverview } from '../operations/queue-overview.ts';
import { TASK_PLACES } from '../ports/redis-readings.ts';
import type { Answer } from './answer.ts';
import type { CliContext, Run } from './cli-context.ts';
import { ago, duration, pairs, table } from './table.ts';

export function addQueue(program: Command, run: Run): void {
  const queue = program.command('queue').description('The tasks on their way');
  queue
    .command('stats')
    .description('Where the tasks are, how old, and what money is at risk')
    .action(run(queueStats));
}

async function queueStats(context: CliContext): Promise<Answer> {
  const data = await queueOverview(await context.operations());
  const isFine = data.givenUp + data.deadLetters + data.reconciliation === 0;
  const callsGoOut = data.gates.every(({ breaker }) => breaker === 'closed');
  return { data, text: describe(data), isFine: isFine && callsGoOut };
}

function describeTrip({ trip }: QueueOverview['gates'][number]): string {
  return trip === null ? '–' : `${trip.code}, since ${trip.since ?? 'an unknown time'}`;
}

function describe({ places, moneyAtRisk, gates, ...stats }: QueueOverview): string {
  const calls = gates.map((gate) => [
    gate.provider,
    gate.breaker,
    gate.callsPerMinute,
    describeTrip(gate),
  ]);
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
      'webhooks pending': stats.webhooks.pending,
      'webhooks undelivered': stats.webhooks.undelivered,
      draining: stats.drainingSince === null ? 'no' : `since ${stats.drainingSince}`,
    }),
    '',
    table(['paid calls to', 'breaker', 'a minute', 'stopped'], calls, ''),
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
