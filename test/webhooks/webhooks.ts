/**
 * The worker for webhooks on a real Redis, and a receiver on the loopback interface: names are
 * resolved here, and every connection leads to the receiver.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { until } from '../../local/until.ts';
import { BullDeliveries, deliveryWorker } from '../../src/adapters/redis/jobs/webhook-queue.ts';
import { deliveries } from '../../src/adapters/redis/jobs/webhook-views.ts';
import { WebWebhookSender } from '../../src/adapters/web/webhook-sender.ts';
import type { WorkerEvent } from '../../src/ports/events.ts';
import type { Session, SessionRef } from '../../src/ports/session.ts';
import { announcer } from '../../src/webhooks/announce.ts';
import { deliver } from '../../src/webhooks/deliver.ts';
import { EndpointSlots } from '../../src/webhooks/endpoint-slots.ts';
import { readEndpoints } from '../../src/webhooks/endpoints.ts';
import { type Dialled, dialTo } from '../support/network/http-host.ts';
import {
  type AnswerWebhook,
  startWebhookReceiver,
  WEBHOOK_SECRET,
} from '../support/webhook-receiver.ts';

/** A public address. */
export const PUBLIC = '93.184.215.14';
/** Eleven tries, as the real schedule has, a millisecond apart. */
const QUICK = Array.from({ length: 10 }, () => 0.001);

/** A store's session that is completed. */
export function ended(ownerId: string = randomUUID()): Session {
  return {
    channel: 'b2b',
    ownerId,
    sessionId: randomUUID(),
    status: 'completed',
    createdAt: new Date('2026-01-01T10:00:00Z'),
    completedAt: new Date('2026-01-01T10:00:09Z'),
    errorMessage: null,
    requestId: 'req_1',
    shopperEmail: null,
  };
}

export interface WebhooksOptions {
  readonly answer?: AnswerWebhook;
  /** Instead of the platform's endpoint. */
  readonly stores?: Readonly<Record<string, string>>;
  readonly schedule?: readonly number[];
  readonly addresses?: readonly string[];
  readonly timeoutMs?: number;
}

/** The platform's endpoint, or the stores' instead. */
function endpointsOf(stores: WebhooksOptions['stores']) {
  const file = Object.entries(stores ?? {}).map(([id, url]) => [
    id,
    { url, secret: WEBHOOK_SECRET },
  ]);
  const settings = {
    webhookUrl: stores ? null : 'https://platform.example/hook',
    webhookSecret: stores ? null : WEBHOOK_SECRET,
    webhooksFile: 'webhooks.json',
    webhookTrustedOrigins: [],
  };
  return readEndpoints(settings, () => JSON.stringify(Object.fromEntries(file)));
}

/** A worker for webhooks to a receiver; the platform's endpoint is `https://platform.example/hook`. */
export async function openWebhooks(
  redis: Redis,
  { answer, stores, schedule = QUICK, ...network }: WebhooksOptions = {},
) {
  await using parts = new AsyncDisposableStack();
  const receiver = parts.use(await startWebhookReceiver(answer));
  const events: WorkerEvent[] = [];
  const record = (event: WorkerEvent) => void events.push(event);
  const endpoints = endpointsOf(stores);
  const sessions = new Map<string, Session>();
  const queue = parts.use(new BullDeliveries(redis));
  const dialled: Dialled[] = [];
  const deps = {
    sessions: { find: async ({ sessionId }: SessionRef) => sessions.get(sessionId) ?? null },
    endpoints,
    sender: new WebWebhookSender({
      resolve: async () => network.addresses ?? [PUBLIC],
      dial: dialTo(receiver.port, dialled),
      timeoutMs: network.timeoutMs ?? 10_000,
    }),
    slots: new EndpointSlots(),
    record,
    schedule,
  };
  const worker = deliveryWorker(
    redis,
    { concurrency: 50, lockMs: 20_000 },
    (job, signal) => deliver(job, deps, signal),
    (error) => assert.fail(error),
  );
  parts.defer(() => worker.stop(0));
  const announceEnd = announcer({ endpoints, deliveries: queue, record });
  const announce = async (session: Session) => {
    sessions.set(session.sessionId, session);
    await announceEnd(session);
  };
  const opened = parts.move();
  return {
    receiver,
    events,
    dialled,
    announce,
    stateOf: (session: Session) => stateOf(redis, session),
    deliveryOf: (session: Session) => endedDelivery(redis, session),
    /** Announces the session and resolves with its delivery once that has ended. */
    deliver: async (session: Session = ended()) => {
      await announce(session);
      return endedDelivery(redis, session);
    },
    recorded: (name: WorkerEvent['event']) =>
      until(name, () => events.find(({ event }) => event === name)),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

async function stateOf(redis: Redis, { sessionId }: Session) {
  const states = ['pending', 'delivered', 'undelivered'] as const;
  return (await deliveries(redis, { states, sessionId }))[0] ?? null;
}

function endedDelivery(redis: Redis, session: Session) {
  return until('the delivery to end', async () => {
    const view = await stateOf(redis, session);
    return view !== null && view.state !== 'pending' && view;
  });
}
