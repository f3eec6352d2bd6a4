/**
 * Puts the webhooks together: who wants them, the queue of deliveries, the worker that sends them,
 * and the sweep. Without an endpoint nothing is started.
 */
import { once } from 'node:events';
import type { Redis } from 'ioredis';
import {
  BullDeliveries,
  deliveryWorker,
  RedisSweepMark,
} from '../adapters/redis/jobs/webhook-queue.ts';
import { WebWebhookSender } from '../adapters/web/webhook-sender.ts';
import { repeat } from '../concurrency/repeat.ts';
import type { Config } from '../config.ts';
import { loopErrors, type RecordEvent } from '../ports/events.ts';
import type { JobEnd } from '../ports/jobs.ts';
import type { Sessions } from '../ports/session.ts';
import type { AnnounceEnd, EndedSessions } from '../ports/webhooks.ts';
import { announcer, sweepEnded } from '../webhooks/announce.ts';
import { deliver } from '../webhooks/deliver.ts';
import { EndpointSlots } from '../webhooks/endpoint-slots.ts';
import { type EndpointSettings, type Endpoints, readEndpoints } from '../webhooks/endpoints.ts';
import type { RedisHealth } from './redis-health.ts';

/** Requests of this process under way at once, to all endpoints together. */
const DELIVERIES_AT_ONCE = 50;

/** While our clock is ahead every delivery is too old, and no signature is valid. */
const CLOCK_AHEAD: JobEnd = { kind: 'again', delayMs: 1000 };
const CLOCK_POLL_MS = 1000;

export interface Webhooks {
  readonly endpoints: Endpoints;
  readonly deliveries: BullDeliveries;
  readonly announceEnd: AnnounceEnd;
}

/** The queue of deliveries; null where no endpoint is configured. `stack` disposes of it. Throws a ConfigError. */
export function openWebhooks(
  config: EndpointSettings,
  redis: Redis,
  { record, stack }: { readonly record: RecordEvent; readonly stack: AsyncDisposableStack },
): Webhooks | null {
  const endpoints = readEndpoints(config);
  if (endpoints.all.length === 0) return null;
  const deliveries = stack.use(new BullDeliveries(redis));
  return { endpoints, deliveries, announceEnd: announcer({ endpoints, deliveries, record }) };
}

interface WebhookAdapters {
  readonly webhooks: Webhooks | null;
  readonly sessions: EndedSessions & Pick<Sessions, 'find'>;
  readonly redis: Redis;
  readonly record: RecordEvent;
  readonly redisHealth: Pick<RedisHealth, 'mayJudgeAges' | 'untilAgesCount'>;
}

/** Sends and sweeps until the stop; resolves when nothing of it runs any more. */
export async function runWebhooks(
  config: Config,
  { webhooks, sessions, redis, record, redisHealth }: WebhookAdapters,
  stop: AbortSignal,
): Promise<void> {
  if (webhooks === null) return;
  const sender = new WebWebhookSender();
  const deps = { ...webhooks, sessions, sender, record, slots: new EndpointSlots() };
  const onError = loopErrors(record, 'webhooks');
  const settings = { concurrency: DELIVERIES_AT_ONCE, lockMs: config.jobLockSeconds * 1000 };
  const worker = deliveryWorker(
    redis,
    settings,
    async (job, signal) =>
      redisHealth.mayJudgeAges
        ? await deliver(job, deps, AbortSignal.any([signal, stop]))
        : CLOCK_AHEAD,
    onError,
  );
  // Else our clock would bring each delivery forward again at once, and keep it from other replicas.
  const suspend = async () => worker.suspend(!redisHealth.mayJudgeAges);
  const suspending = repeat(suspend, CLOCK_POLL_MS, stop, onError);
  const mark = new RedisSweepMark(redis);
  const sweep = async () => {
    await redisHealth.untilAgesCount(stop);
    if (!stop.aborted) await sweepEnded({ ...webhooks, sessions, mark }, stop);
  };
  const sweeping = repeat(sweep, config.rescueIntervalSeconds * 1000, stop, onError);
  if (!stop.aborted) await once(stop, 'abort');
  await Promise.all([worker[Symbol.asyncDispose](), sweeping, suspending]);
}
