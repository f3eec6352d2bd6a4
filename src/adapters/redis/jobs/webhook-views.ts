/**
 * The webhooks' deliveries as the operator handles them: listed by state, and sent again.
 */
import type { Job as BullJob, JobType, Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import type { Delivery } from '../../../ports/webhooks.ts';
import { nextAttemptMs, runNow, WEBHOOK_QUEUE, withQueue } from './bullmq.ts';
import { readDelivery } from './webhook-queue.ts';

export const DELIVERY_STATES = ['pending', 'delivered', 'undelivered'] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];

/** A delivery and where it stands. */
export interface DeliveryView extends Delivery {
  readonly state: DeliveryState;
  /** ISO 8601; null unless it waits for its next try. */
  readonly nextTryAt: string | null;
}

/** Which deliveries are meant; every field narrows them down. */
export interface DeliveryFilter {
  readonly states: readonly DeliveryState[];
  readonly sessionId?: string | undefined;
  /** `platform`, or a store's id. */
  readonly endpoint?: string | undefined;
  /** How many are read in each state, the newest first. Default: all. */
  readonly mostJobs?: number;
}

const JOB_TYPES: Readonly<Record<DeliveryState, readonly JobType[]>> = {
  pending: ['waiting', 'active', 'delayed'],
  delivered: ['completed'],
  undelivered: ['failed'],
};
/** More than are kept in one state. */
const MOST_JOBS = 50_000;

/** The deliveries that this release can read, those that were queued last first. */
export function deliveries(redis: Redis, filter: DeliveryFilter): Promise<DeliveryView[]> {
  return withQueue(redis, WEBHOOK_QUEUE, async (queue: Queue<Delivery>) => {
    const views: DeliveryView[] = [];
    for (const state of filter.states) {
      const jobs = await jobsIn(queue, state, filter);
      for (const job of jobs) {
        const delivery = readDelivery(job.data);
        if (delivery === null) continue;
        const nextMs = state === 'pending' ? await nextAttemptMs(redis, job) : undefined;
        const nextTryAt = nextMs === undefined ? null : new Date(nextMs).toISOString();
        views.push({ ...delivery, state, nextTryAt });
      }
    }
    return views.sort((a, b) => b.since.localeCompare(a.since));
  });
}

/** How many there are in each state. */
export function countDeliveries(redis: Redis): Promise<Record<DeliveryState, number>> {
  return withQueue(redis, WEBHOOK_QUEUE, async (queue) => {
    const count = async (state: DeliveryState) =>
      [state, await queue.getJobCountByTypes(...JOB_TYPES[state])] as const;
    const counts = await Promise.all(DELIVERY_STATES.map(count));
    return Object.fromEntries(counts) as Record<DeliveryState, number>;
  });
}

/**
 * Sends them again: what was delivered or given up begins anew with all its tries, what waits for
 * its next try is tried now. Returns how many were moved; what runs at the moment goes on.
 */
export function redeliver(redis: Redis, filter: DeliveryFilter): Promise<number> {
  return withQueue(redis, WEBHOOK_QUEUE, async (queue: Queue<Delivery>) => {
    let moved = 0;
    for (const state of filter.states) {
      for (const job of await jobsIn(queue, state, filter)) {
        if (await sendAgain(job)) moved += 1;
      }
    }
    return moved;
  });
}

async function jobsIn(
  queue: Queue<Delivery>,
  state: DeliveryState,
  { sessionId, endpoint, mostJobs = MOST_JOBS }: DeliveryFilter,
): Promise<BullJob<Delivery>[]> {
  const jobs = await queue.getJobs([...JOB_TYPES[state]], 0, mostJobs - 1);
  return jobs.filter(
    ({ data }) =>
      (sessionId === undefined || data.sessionId === sessionId) &&
      (endpoint === undefined || data.endpoint === endpoint),
  );
}

function sendAgain(job: BullJob<Delivery>): Promise<boolean> {
  return runNow(job, () =>
    job.updateData({ ...job.data, since: new Date().toISOString(), tries: 0 }),
  );
}
