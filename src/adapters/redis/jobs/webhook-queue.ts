/**
 * The webhooks' deliveries on BullMQ: waiting (for their next try), completed (delivered) or failed
 * (given up, and listed as undelivered). The last two are kept for a while, bounded in number.
 */
import type { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { z } from 'zod';
import { ERROR_CODES, type ErrorCode } from '../../../error-catalogue.ts';
import type { JobEnd } from '../../../ports/jobs.ts';
import type { SessionRef } from '../../../ports/session.ts';
import {
  DELIVERY_PROBLEMS,
  type Deliveries,
  type Delivery,
  type DeliveryJob,
  type SweepMark,
} from '../../../ports/webhooks.ts';
import { STORED_REF } from '../stored-ref.ts';
import { openQueue, WEBHOOK_QUEUE } from './bullmq.ts';
import type { HeldJob } from './job-locks.ts';
import { JobWorker, type WorkerSettings } from './job-worker.ts';

const DAY_SECONDS = 86_400;
/** More than end in the minutes that one sweep covers twice. One takes about 2 kB. */
const KEPT_DELIVERED = { age: DAY_SECONDS, count: 5_000 };
const KEPT_UNDELIVERED = { age: 7 * DAY_SECONDS, count: 10_000 };
const SWEEP_KEY = 'wearon:webhooks:swept';

/** What a job holds. A later release may know more codes and problems. */
const storedDelivery: z.ZodType<Delivery> = z.looseObject({
  ...STORED_REF,
  endpoint: z.string(),
  code: z.enum(ERROR_CODES).nullable().catch(null),
  body: z.string().nullable(),
  since: z.iso.datetime(),
  tries: z.number(),
  last: z
    .object({
      at: z.string(),
      status: z.number().nullable(),
      problem: z.enum(DELIVERY_PROBLEMS).nullable().catch('internal'),
    })
    .nullable(),
});

/** The delivery that a job of any release holds; null for anything else. */
export function readDelivery(stored: unknown): Delivery | null {
  return storedDelivery.safeParse(stored).data ?? null;
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
        jobId: `${sessionId}_${endpoint}`,
        removeOnComplete: KEPT_DELIVERED,
        removeOnFail: KEPT_UNDELIVERED,
      },
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#queue.close();
  }
}

/** Carries deliveries out; what is under way at its end is finished. */
export function deliveryWorker(
  connection: Redis,
  settings: WorkerSettings,
  run: (job: DeliveryJob, signal: AbortSignal) => Promise<JobEnd>,
  onError: (error: Error) => void,
): JobWorker<Delivery> {
  return new JobWorker(connection, WEBHOOK_QUEUE, {
    ...settings,
    onError,
    read: readDelivery,
    run: (held) => run(asDeliveryJob(held), held.signal),
  });
}

function asDeliveryJob(held: HeldJob<Delivery>): DeliveryJob {
  return {
    get delivery() {
      return held.job.data;
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
