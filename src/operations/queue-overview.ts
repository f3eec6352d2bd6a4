/** Where the tasks are, whether paid calls go out, and what money is at risk. */
import { drainingSince } from '../adapters/redis/drain.ts';
import { paidCalls, refundJobs } from '../adapters/redis/job-views.ts';
import { readGateState } from '../adapters/redis/provider-gate.ts';
import { readQueueStats } from '../adapters/redis/queue-stats.ts';
import type { OperationDeps } from './deps.ts';

export type QueueOverview = Awaited<ReturnType<typeof queueOverview>>;

export async function queueOverview({ redis, config }: Pick<OperationDeps, 'redis' | 'config'>) {
  const [stats, gate, draining, calls, refunds] = await Promise.all([
    readQueueStats(redis),
    readGateState(redis, 'openai'),
    drainingSince(redis),
    paidCalls(redis),
    refundJobs(redis),
  ]);
  const callsPerMinute = Math.round(config.openaiRateLimitPerMinute / gate.slowness);
  return {
    ...stats,
    breaker: gate.breaker,
    trip: gate.trip,
    pace: { callsPerMinute, slowness: gate.slowness },
    drainingSince: draining,
    moneyAtRisk: {
      paidCallsUnderWay: calls.open,
      paidCallsOutcomeUnknown: calls.outcomeUnknown,
      outcomeUnknownSessions: calls.sessionIds,
      refundsOutstanding: stats.refundsOutstanding,
      oldestRefundSince: refunds[0]?.intent.completedAt ?? null,
      reconciliationOpen: stats.reconciliation,
    },
  };
}
