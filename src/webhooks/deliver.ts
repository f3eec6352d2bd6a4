/**
 * One try of one delivery: reads what the session's row says, sends it signed, and says what becomes
 * of the delivery. Nothing here can touch the session.
 */
import { TaskError } from '../errors.ts';
import type { RecordEvent } from '../ports/events.ts';
import { type JobEnd, LockLostError } from '../ports/jobs.ts';
import type { Sessions } from '../ports/session.ts';
import type {
  Delivery,
  DeliveryJob,
  DeliveryProblem,
  Endpoint,
  TryResult,
  WebhookSender,
} from '../ports/webhooks.ts';
import type { EndpointSlots } from './endpoint-slots.ts';
import type { Endpoints } from './endpoints.ts';
import { endedMessage, messageId } from './message.ts';
import { RETRY_SECONDS, retryDelayMs } from './schedule.ts';
import { signedHeaders } from './signature.ts';

interface DeliverDeps {
  readonly sessions: Pick<Sessions, 'find'>;
  readonly endpoints: Pick<Endpoints, 'find'>;
  readonly sender: WebhookSender;
  readonly slots: EndpointSlots;
  readonly record: RecordEvent;
  /** Default: `RETRY_SECONDS`. */
  readonly schedule?: readonly number[];
}

/**
 * Deliveries older than this are given up: an endpoint whose requests all time out has not enough
 * slots, and its waiting deliveries would fill Redis.
 */
const MOST_AGE_MS = 4 * 3_600_000;
/** One that waits for a slot tries again at least this often. */
const LONGEST_TURN_MS = 600_000;

/** So long another replica may know an endpoint that this one does not, as during a rolling update. */
const UPDATE_MS = 10 * 60_000;
/** It is asked for again as after so many tries: a minute later. */
const TRIES_OF_UNKNOWN = 3;

const REQUEUE: JobEnd = { kind: 'requeue' };

/** Carries out one try. Never rejects. An abort by `signal` ends it uncounted. */
export async function deliver(
  job: DeliveryJob,
  deps: DeliverDeps,
  signal: AbortSignal,
): Promise<JobEnd> {
  const { delivery } = job;
  const endpoint = deps.endpoints.find(delivery.endpoint);
  const ageMs = Date.now() - Date.parse(delivery.since);
  if (endpoint === null) {
    const delayMs = retryDelayMs(TRIES_OF_UNKNOWN, 0, deps.schedule);
    if (ageMs > UPDATE_MS || delayMs === null) return giveUp(delivery, 'no_endpoint', deps);
    return { kind: 'again', delayMs };
  }
  if (ageMs > MOST_AGE_MS) return giveUp(delivery, 'expired', deps);
  const slot = deps.slots.take(endpoint.key, performance.now());
  if (typeof slot === 'number') return { kind: 'again', delayMs: Math.min(slot, LONGEST_TURN_MS) };
  let isSuccess = false;
  try {
    const startedAtMs = performance.now();
    const { tried, retryAfterMs } = await tryOnce(job, endpoint, deps, signal);
    const durationMs = performance.now() - startedAtMs;
    isSuccess = tried.last?.problem === null;
    await job.record(tried);
    return endOf(tried, { durationMs, retryAfterMs }, deps);
  } catch (error) {
    if (!signal.aborted && !(error instanceof LockLostError)) {
      deps.record({ event: 'loop_error', loop: 'webhooks', error: error as Error });
      return { kind: 'again', delayMs: (RETRY_SECONDS[0] ?? 0) * 1000 };
    }
    return REQUEUE;
  } finally {
    slot.release(isSuccess, performance.now());
  }
}

interface Tried {
  readonly tried: Delivery;
  readonly retryAfterMs: number;
}

/** The delivery with one more try. Rejects when the lock is lost or the signal aborts. */
async function tryOnce(
  job: DeliveryJob,
  endpoint: Endpoint,
  deps: DeliverDeps,
  signal: AbortSignal,
): Promise<Tried> {
  const delivery = await withBody(job, deps);
  const counted = { ...delivery, tries: delivery.tries + 1 };
  const result = (problem: DeliveryProblem | null, status: number | null): TryResult => {
    return { at: new Date().toISOString(), status, problem };
  };
  const { body } = delivery;
  if (typeof body !== 'string') {
    return { tried: { ...counted, body: null, last: result(body.problem, null) }, retryAfterMs: 0 };
  }
  const message = { id: messageId(delivery.sessionId), body };
  const headers = signedHeaders(message, endpoint.signingKeys, new Date());
  const sent = await deps.sender.send(endpoint, { headers, body }, signal);
  const tried = { ...counted, body, last: result(sent.problem, sent.status) };
  return { tried, retryAfterMs: sent.retryAfterMs };
}

type Made = Omit<Delivery, 'body'> & {
  readonly body: string | { readonly problem: DeliveryProblem };
};

/** The delivery with its message: the one of the first try, or made of the row and stored. */
async function withBody(job: DeliveryJob, { sessions }: DeliverDeps): Promise<Made> {
  const { delivery } = job;
  if (delivery.body !== null) return { ...delivery, body: delivery.body };
  try {
    const session = await sessions.find(delivery);
    if (session === null || session.ownerId !== delivery.ownerId) {
      return { ...delivery, body: { problem: 'session_gone' } };
    }
    const message = endedMessage(session, delivery.code);
    if (message === null) return { ...delivery, body: { problem: 'not_ended' } };
    const body = JSON.stringify(message);
    await job.record({ ...delivery, body });
    return { ...delivery, body };
  } catch (error) {
    if (!(error instanceof TaskError)) throw error;
    return { ...delivery, body: { problem: 'database' } };
  }
}

function endOf(
  delivery: Delivery,
  { durationMs, retryAfterMs }: { readonly durationMs: number; readonly retryAfterMs: number },
  deps: DeliverDeps,
): JobEnd {
  const problem = delivery.last?.problem ?? null;
  const { endpoint, tries } = delivery;
  if (problem === null) {
    deps.record({ event: 'webhook_delivered', ...idsOf(delivery), endpoint, tries, durationMs });
    return { kind: 'done' };
  }
  const delayMs = problem === 'gone' ? null : retryDelayMs(tries, retryAfterMs, deps.schedule);
  if (delayMs === null) return giveUp(delivery, problem, deps);
  const status = delivery.last?.status ?? null;
  const facts = { endpoint, tries, problem, status, delayMs };
  deps.record({ event: 'webhook_failed', ...idsOf(delivery), ...facts });
  return { kind: 'again', delayMs };
}

function giveUp(delivery: Delivery, problem: DeliveryProblem, { record }: DeliverDeps): JobEnd {
  const { endpoint, tries } = delivery;
  record({ event: 'webhook_given_up', ...idsOf(delivery), endpoint, tries, problem });
  return { kind: 'given_up', reason: problem };
}

function idsOf({ sessionId, channel }: Delivery) {
  return { task: { sessionId, channel, requestId: null } };
}
