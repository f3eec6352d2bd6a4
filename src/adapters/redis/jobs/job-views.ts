/**
 * The jobs of both queues for operators: their states and journals, and the retry of waiting refunds.
 */
import type { Job as BullJob, JobType, Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import type { Journal } from '../../../ports/jobs.ts';
import type { RefundIntent } from '../../../ports/refunds.ts';
import type { Task } from '../../../ports/session.ts';
import { GENERATION_QUEUE, nextAttemptMs, REFUND_QUEUE, runNow, withQueue } from './bullmq.ts';
import { type JobData, readJobData } from './job-data.ts';
import { readIntent } from './refund-queue.ts';

/** Where a job stands. Times are ISO 8601, null where they have not come. */
interface JobView {
  readonly state: string;
  readonly attemptsStarted: number;
  readonly stalled: number;
  readonly createdAt: string;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
  /** When a delayed job is run again. */
  readonly nextAttemptAt: string | null;
  readonly failedReason: string | null;
}

interface GenerationJobView extends JobView {
  readonly task: Task;
  readonly journal: Journal;
}

interface RefundJobView extends JobView {
  readonly intent: RefundIntent;
}

const UNFINISHED: JobType[] = ['waiting', 'active', 'delayed', 'failed'];
const MOST_JOBS = 5000;

/** The session's job, or null when it has none (any more). */
export function generationJobOf(redis: Redis, id: string): Promise<GenerationJobView | null> {
  return withQueue(redis, GENERATION_QUEUE, async (queue: Queue<JobData>) => {
    const job = await queue.getJob(id);
    const data = readJobData(job?.data);
    return job && data ? { ...(await viewOf(redis, job)), ...data } : null;
  });
}

/**
 * Refunds that are not booked yet and that this release can read, oldest first; of one session when
 * `sessionId` is given.
 */
export function refundJobs(redis: Redis, sessionId?: string): Promise<RefundJobView[]> {
  return withQueue(redis, REFUND_QUEUE, async (queue: Queue<RefundIntent>) => {
    const jobs = await refundsIn(queue, sessionId);
    const view = async (job: BullJob<RefundIntent>) => {
      const intent = readIntent(job.data);
      return intent === null ? [] : [{ ...(await viewOf(redis, job)), intent }];
    };
    return (await Promise.all(jobs.map(view))).flat();
  });
}

/**
 * Lets refunds that wait for their time, or that the queue gave up, run now. Returns the sessions
 * of those it moved; the rest is running or about to.
 */
export function retryRefunds(redis: Redis, sessionId?: string): Promise<string[]> {
  return withQueue(redis, REFUND_QUEUE, async (queue: Queue<RefundIntent>) => {
    const moved: string[] = [];
    for (const job of await refundsIn(queue, sessionId)) {
      if (await runNow(job)) moved.push(job.data.sessionId);
    }
    return moved;
  });
}

/**
 * Removes the owner's jobs that are not running and returns their tasks; with `dryRun` it only lists
 * them. A removed job's session is open until it is refunded: by the caller, or later by the rescue.
 */
export function removeJobsOf(redis: Redis, ownerId: string, dryRun: boolean): Promise<Task[]> {
  return withQueue(redis, GENERATION_QUEUE, async (queue: Queue<JobData>) => {
    const jobs = await queue.getJobs([...UNFINISHED, 'prioritized'], 0, -1);
    const removed: Task[] = [];
    for (const job of jobs) {
      const task = readJobData(job.data)?.task;
      if (task?.ownerId !== ownerId) continue;
      if (dryRun ? !(await job.isActive()) : await isRemoved(job)) removed.push(task);
    }
    return removed;
  });
}

/** False when a worker runs the job: its lock keeps it. */
async function isRemoved(job: BullJob): Promise<boolean> {
  try {
    await job.remove();
    return true;
  } catch (error) {
    if (await job.isActive()) return false;
    throw error;
  }
}

/** The jobs that run, and all others that are known: those that are done for ten minutes. */
export function knownJobs(redis: Redis): Promise<Record<'active' | 'others', JobData[]>> {
  return withQueue(redis, GENERATION_QUEUE, async (queue: Queue<JobData>) => {
    const read = async (states: JobType[]) =>
      (await queue.getJobs(states, 0, MOST_JOBS)).flatMap(({ data }) => readJobData(data) ?? []);
    return {
      active: await read(['active']),
      others: await read(['waiting', 'prioritized', 'delayed', 'failed', 'completed']),
    };
  });
}

async function refundsIn(queue: Queue<RefundIntent>, sessionId?: string) {
  const jobs = await queue.getJobs(UNFINISHED, 0, MOST_JOBS, true);
  return jobs
    .filter((job) => sessionId === undefined || job.data.sessionId === sessionId)
    .sort((a, b) => a.timestamp - b.timestamp);
}

async function viewOf(redis: Redis, job: BullJob): Promise<JobView> {
  return {
    state: await job.getState(),
    attemptsStarted: job.attemptsStarted,
    stalled: job.stalledCounter,
    createdAt: new Date(job.timestamp).toISOString(),
    startedAt: isoOf(job.processedOn),
    finishedAt: isoOf(job.finishedOn),
    nextAttemptAt: isoOf(await nextAttemptMs(redis, job)),
    failedReason: job.failedReason ?? null,
  };
}

function isoOf(timeMs: number | undefined): string | null {
  return timeMs === undefined ? null : new Date(timeMs).toISOString();
}
