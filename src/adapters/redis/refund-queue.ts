/**
 * The refunds on BullMQ: durable, run again until they succeed, at most one at a time for a session.
 */
import type { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { z } from 'zod';
import { CATALOGUE, type ErrorCode } from '../../error-catalogue.ts';
import { publicText } from '../../errors.ts';
import type { JobEnd } from '../../ports/jobs.ts';
import type { RefundIntent, RefundJob, Refunds } from '../../ports/refunds.ts';
import { aliveAmong, openQueue, REFUND_QUEUE, refundJobId } from './bullmq.ts';
import type { HeldJob } from './job-locks.ts';
import { JobWorker } from './job-worker.ts';

/** A refund is never given up, however often its process went silent. */
const MOST_STALLS = 1_000_000;

/** What a job holds, of this release or a former one, which wrote neither a version nor the text. */
const storedIntent = z
  .object({
    version: z.number().default(0),
    channel: z.enum(['b2b', 'b2c']),
    ownerId: z.string(),
    sessionId: z.string(),
    requestId: z.string().nullable(),
    // A later release may know more codes; what the shopper reads is in the text.
    code: z.enum(Object.keys(CATALOGUE) as [ErrorCode, ...ErrorCode[]]).catch('INTERNAL'),
    detail: z.string().nullable(),
    text: z.string().optional(),
    completedAt: z.iso.datetime(),
    bookingBegunAt: z.iso.datetime().optional(),
  })
  .transform(
    ({ text, bookingBegunAt, ...intent }): RefundIntent => ({
      ...intent,
      text: text ?? publicText(intent.code, intent.detail),
      ...(bookingBegunAt === undefined ? {} : { bookingBegunAt }),
    }),
  );

/** The intent that a job of any release holds. Throws a ZodError for what is none. */
export function readIntent(data: unknown): RefundIntent {
  return storedIntent.parse(data);
}

export class BullRefunds implements Refunds, AsyncDisposable {
  readonly #queue: Queue<RefundIntent>;

  constructor(connection: Redis) {
    this.#queue = openQueue(REFUND_QUEUE, connection);
  }

  async add(intent: RefundIntent): Promise<void> {
    const options = { jobId: refundJobId(intent.sessionId), removeOnComplete: true };
    await this.#queue.add('refund', intent, options);
  }

  async aliveAmong(sessionIds: readonly string[]): Promise<Set<string>> {
    const alive = await aliveAmong(this.#queue, sessionIds.map(refundJobId));
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
  readonly #worker: JobWorker<RefundIntent>;

  constructor(
    connection: Redis,
    times: { readonly concurrency: number; readonly lockMs: number },
    run: RunRefund,
    onError: (error: Error) => void,
  ) {
    this.#worker = new JobWorker<RefundIntent>(connection, REFUND_QUEUE, {
      ...times,
      maxStalls: MOST_STALLS,
      onError,
      run: (held) => run(asRefund(held), held.job.attemptsStarted),
    });
  }

  /** Refunds that are carried out now. */
  get activeCount(): number {
    return this.#worker.activeCount;
  }

  /** Fetches no refund while suspended; what is under way goes on. */
  suspend(isSuspended: boolean): void {
    this.#worker.suspend(isSuspended);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker.close();
  }
}

function asRefund(held: HeldJob<RefundIntent>): RefundJob {
  const { job } = held;
  return {
    get intent() {
      return readIntent(job.data);
    },
    beginBooking: () => held.record({ ...job.data, bookingBegunAt: new Date().toISOString() }),
  };
}
