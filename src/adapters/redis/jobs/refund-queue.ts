/**
 * The refunds on BullMQ: durable, run again until they succeed, at most one at a time for a session.
 */
import type { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { z } from 'zod';
import { ERROR_CODES } from '../../../error-catalogue.ts';
import { publicText } from '../../../errors.ts';
import type { JobEnd } from '../../../ports/jobs.ts';
import type { RefundIntent, RefundJob, Refunds } from '../../../ports/refunds.ts';
import { STORED_REF } from '../stored-ref.ts';
import { aliveAmong, openQueue, REFUND_QUEUE, refundJobId } from './bullmq.ts';
import type { HeldJob } from './job-locks.ts';
import { JobWorker, type WorkerSettings } from './job-worker.ts';

/** What a job holds, of this release or a former one, which wrote neither a version nor the text. */
const storedIntent = z
  .looseObject({
    version: z.number().default(0),
    ...STORED_REF,
    requestId: z.string().nullable(),
    // A later release may know more codes; what the shopper reads is in the text.
    code: z.enum(ERROR_CODES).catch('INTERNAL'),
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

/** The intent that a job of any release holds; null for anything else. */
export function readIntent(stored: unknown): RefundIntent | null {
  return storedIntent.safeParse(stored).data ?? null;
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

  aliveAmong(sessionIds: readonly string[]): Promise<Set<string>> {
    return aliveAmong(this.#queue, sessionIds, refundJobId);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#queue.close();
  }
}

/** Carries refunds out; what is under way at its end is finished. */
export function refundWorker(
  connection: Redis,
  settings: WorkerSettings,
  run: (job: RefundJob, retries: number) => Promise<JobEnd>,
  onError: (error: Error) => void,
): JobWorker<RefundIntent> {
  return new JobWorker(connection, REFUND_QUEUE, {
    ...settings,
    onError,
    read: readIntent,
    run: (held) => run(asRefund(held), held.job.attemptsStarted),
  });
}

function asRefund(held: HeldJob<RefundIntent>): RefundJob {
  const { job } = held;
  return {
    get intent() {
      return job.data;
    },
    beginBooking: () => held.record({ ...job.data, bookingBegunAt: new Date().toISOString() }),
  };
}
