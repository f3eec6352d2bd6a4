/**
 * The webhooks' deliveries on BullMQ: waiting (for their next try), completed (delivered) or failed
 * (given up, and listed as undelivered). The last two are kept for a while, bounded in number.
 */
import type { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { z } from 'zod';
import { CATALOGUE, type ErrorCode } from '../../error-catalogue.ts';
import type { JobEnd } from '../../ports/jobs.ts';
import type { SessionRef } from '../../ports/session.ts';
import type {
  Deliveries,
  Delivery,
  DeliveryJob,
  DeliveryProblem,
  SweepMark,
} from '../../ports/webhooks.ts';
import { openQueue, WEBHOOK_QUEUE } from './bullmq.ts';
import type { HeldJob } from './job-locks.ts';
import { JobWorker } from './job-worker.ts';

const DAY_SECONDS = 86_400;
/** More than end in the minutes that one sweep looks back. One takes about 2 kB. */
const KEPT_DELIVERED = { age: DAY_SECONDS, count: 5_000 };
const KEPT_UNDELIVERED = { age: 7 * DAY_SECONDS, count: 10_000 };
/** A delivery is never given up because its process went silent. */
const MOST_STALLS = 1_000_000;
const SWEEP_KEY = 'wearon:webhooks:swept';

const PROBLEMS: readonly [DeliveryProblem, ...DeliveryProblem[]] = [
  'internal',
  'refused',
  'unreachable',
  'timeout',
  'redirect',
  'status',
  'gone',
  'no_endpoint',
  'not_ended',
  'session_gone',
  'database',
  'expired',
];

/** What a job holds. A later release may know more codes and problems. */
const storedDelivery: z.ZodType<Delivery> = z.object({
  channel: z.enum(['b2b', 'b2c']),
  ownerId: z.string(),
  sessionId: z.string(),
  endpoint: z.string(),
  code: z
    .enum(Object.keys(CATALOGUE) as [ErrorCode, ...ErrorCode[]])
    .nullable()
    .catch(null),
  body: z.string().nullable(),
  since: z.iso.datetime(),
  tries: z.number(),
  last: z
    .object({
      at: z.string(),
      status: z.number().nullable(),
      problem: z.enum(PROBLEMS).nullable().catch('internal'),
    })
    .nullable(),
});

/** What the job of a delivery holds. Throws for what is no delivery. */
export function deliveryOf(data: unknown): Delivery {
  return storedDelivery.parse(data);
}

/** The id of the job that delivers the end of a session to an endpoint. */
export function deliveryJobId(sessionId: string, endpoint: string): string {
  return `${sessionId}_${endpoint}`;
}

export class BullDeliveries implements Deliveries, AsyncDisposable {
  readonly #queue: Queue<Delivery>;

  constructor(connection: Redis) {
    this.#queue = openQueue(WEBHOOK_QUEUE, connection);
  }

  async add(ref: SessionRef, endpoint: string, code: ErrorCode | null): Promise<void> {
    const { channel, ownerId, sessionId } = ref;
    const since = new Date().toISOString();
    const about = { channel, ownerId, sessionId, endpoint, code };
    await this.#queue.add(
      'deliver',
      { ...about, body: null, since, tries: 0, last: null },
      {
        jobId: deliveryJobId(sessionId, endpoint),
        removeOnComplete: KEPT_DELIVERED,
        removeOnFail: KEPT_UNDELIVERED,
      },
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#queue.close();
  }
}

export type RunDelivery = (job: DeliveryJob, signal: AbortSignal) => Promise<JobEnd>;

/** Carries deliveries out until it is closed. */
export class BullDeliveryWorker implements AsyncDisposable {
  readonly #worker: JobWorker<Delivery>;

  constructor(
    connection: Redis,
    times: { readonly concurrency: number; readonly lockMs: number },
    run: RunDelivery,
    onError: (error: Error) => void,
  ) {
    this.#worker = new JobWorker<Delivery>(connection, WEBHOOK_QUEUE, {
      ...times,
      maxStalls: MOST_STALLS,
      onError,
      run: (held) => run(asDeliveryJob(held), held.signal),
    });
  }

  /** Deliveries that are carried out now. */
  get activeCount(): number {
    return this.#worker.activeCount;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#worker.abortAll();
    await this.#worker.close();
  }
}

function asDeliveryJob(held: HeldJob<Delivery>): DeliveryJob {
  return {
    get delivery() {
      return deliveryOf(held.job.data);
    },
    record: (delivery) => held.record(delivery),
  };
}

/** The mark of the sweep; a Redis that lost its data lost it too. */
export class RedisSweepMark implements SweepMark {
  readonly #redis: Redis;

  constructor(redis: Redis) {
    this.#redis = redis;
  }

  async read(): Promise<number | null> {
    const mark = await this.#redis.get(SWEEP_KEY);
    return mark === null ? null : Number(mark);
  }

  async write(sweptUntilMs: number): Promise<void> {
    await this.#redis.set(SWEEP_KEY, sweptUntilMs);
  }
}
