/** Where the tasks are, whether paid calls go out, and what money is at risk. */
import { drainingSince } from '../adapters/redis/drain.ts';
import { readGateState } from '../adapters/redis/gate/provider-gate.ts';
import { knownJobs, refundJobs } from '../adapters/redis/jobs/job-views.ts';
import { readQueueStats } from '../adapters/redis/queue-stats.ts';
import { PROVIDERS } from '../config/providers.ts';
import { hasLostCall, openTicket } from '../tryon/journal.ts';
import type { OperationDeps } from './deps.ts';

export type QueueOverview = Awaited<ReturnType<typeof queueOverview>>;

export async function queueOverview({ redis, config }: Pick<OperationDeps, 'redis' | 'config'>) {
  const [stats, gates, draining, jobs, refunds] = await Promise.all([
    readQueueStats(redis),
    readGates({ redis, config }),
    drainingSince(redis),
    knownJobs(redis),
    refundJobs(redis),
  ]);
  // Interrupted without a ticket, or ended without an answer: these calls may have been billed.
  const outcomeUnknown = [
    ...jobs.active.filter(({ journal }) => hasLostCall(journal)),
    ...jobs.others.filter(
      ({ journal }) => (journal.callOpen && openTicket(journal) === null) || hasLostCall(journal),
    ),
  ];
  return {
    ...stats,
    gates,
    drainingSince: draining,
    moneyAtRisk: {
      paidCallsUnderWay: jobs.active.filter(({ journal }) => journal.callOpen).length,
      paidCallsOutcomeUnknown: outcomeUnknown.length,
      outcomeUnknownSessions: outcomeUnknown.map(({ task }) => task.sessionId),
      refundsOutstanding: stats.refundsOutstanding,
      oldestRefundSince: refunds[0]?.intent.completedAt ?? null,
      reconciliationOpen: stats.reconciliation,
    },
  };
}

/** The gate of every provider in use; `callsPerMinute` is what it lets out now. */
function readGates({ redis, config }: Pick<OperationDeps, 'redis' | 'config'>) {
  return Promise.all(
    config.providersInUse.map(async (provider) => {
      const gate = await readGateState(redis, provider);
      const mostPerMinute = config[PROVIDERS[provider].callsPerMinute];
      const callsPerMinute = Math.round(mostPerMinute / gate.slowness);
      return { provider, ...gate, callsPerMinute };
    }),
  );
}
