/**
 * The refunds on BullMQ: durable, run again until they succeed, at most one at a time for a session.
 */
import { type Job as BullJob, type Queue, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import type { JobEnd, RefundIntent, RefundJob, Refunds } from '../../ports.ts';
import {
  aliveAmong,
  endJob,
  openQueue,
  REFUND_QUEUE,
  recordUnderLock,
  startWorker,
  type WorkerTimes,
  workerOptions,
} from './bullmq.ts';

/** A refund is never given up, however often its process went silent. */
const MOST_STALLS = 1_000_000;

function jobIdOf(sessionId: string): string {
  return `refund-${sessionId}`;
}

export class BullRefunds implements Refunds, AsyncDisposable {
  readonly #queue: Queue<RefundIntent>;

  constructor(connection: Redis) {
    this.#queue = openQueue(REFUND_QUEUE, connection);
  }

  async add(intent: RefundIntent): Promise<void> {
    const options = { jobId: jobIdOf(intent.sessionId), removeOnComplete: true };
    await this.#queue.add('refund', intent, options);
  }

  async aliveAmong(sessionIds: readonly string[]): Promise<Set<string>> {
    const alive = await aliveAmong(this.#queue, sessionIds.map(jobIdOf));
    return new Set(sessionIds.filter((_, index) => alive[index]));
  }

  /** Refunds that are not booked yet. */
  async outstanding(): Promise<number> {
    return this.#queue.getJobCountByTypes('wait', 'active', 'delayed', 'failed');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#queue.close();
  }
}

export type RunRefund = (job: RefundJob, retries: number) => Promise<JobEnd>;

/** Carries refunds out until it is closed; what is under way is finished first. */
export class BullRefundWorker implements AsyncDisposable {
  readonly #worker: Worker<RefundIntent>;

  constructor(
    connection: Redis,
    times: WorkerTimes,
    run: RunRefund,
    onError: (error: Error) => void,
  ) {
    const process = async (job: BullJob<RefundIntent>, token = '') => {
      const refund: RefundJob = {
        intent: job.data,
        beginBooking: () => {
          const intent = { ...job.data, bookingBegunAt: new Date().toISOString() };
          return recordUnderLock(connection, job, { token, lockMs: times.lockMs }, intent);
        },
      };
      await endJob(job, token, await run(refund, job.attemptsStarted));
    };
    const options = { ...workerOptions(connection, times), maxStalledCount: MOST_STALLS };
    this.#worker = new Worker(REFUND_QUEUE, process, options);
    startWorker(this.#worker, onError);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker.close();
  }
}
