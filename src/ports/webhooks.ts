/** Webhooks: the durable deliveries to a shop's or the platform's server about ended sessions. */
import type { ErrorCode } from '../error-catalogue.ts';
import type { Session, SessionRef } from './session.ts';

/**
 * Makes sure that the end of the session is delivered to every endpoint that wants it, once the
 * promise resolves. May be called for the same session any number of times. Never rejects: what
 * could not be queued is found by the sweep. `code` says why the session failed, where it is known.
 */
export type AnnounceEnd = (ref: SessionRef, code?: ErrorCode) => Promise<void>;

/** A server that is notified of ended sessions, as the configuration names it. */
export interface Endpoint {
  /** `platform`, or the id of the store. */
  readonly key: string;
  readonly url: string;
  /** Whether the address behind the host need not be public. */
  readonly isTrusted: boolean;
  /** The signing keys; each signs every message, so that a key can be replaced without a gap. */
  readonly signingKeys: readonly Uint8Array[];
}

/** How one try ended. Words of a closed set: an answer's text is not kept. */
export interface TryResult {
  /** ISO 8601. */
  readonly at: string;
  /** The HTTP status of the answer; null where none came. */
  readonly status: number | null;
  /** Why it was no success; null where it was one. */
  readonly problem: DeliveryProblem | null;
}

/**
 * `refused`: an inside address, or a name that leads to one. `no_endpoint`: the configuration names
 * none any more. `not_ended`, `session_gone`: what the row says. `database`: it did not answer.
 * `expired`: no slot was free for another try in time.
 */
export const DELIVERY_PROBLEMS = [
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
  'internal',
] as const;
export type DeliveryProblem = (typeof DELIVERY_PROBLEMS)[number];

/** What is to be delivered, to whom, and how far it is. Holds no address, key or text of a person. */
export interface Delivery extends SessionRef {
  readonly endpoint: string;
  /** Why the session failed, where it is known. */
  readonly code: ErrorCode | null;
  /** The message, made at the first try: every later one sends the same bytes. */
  readonly body: string | null;
  /** ISO 8601: when it was queued, or redelivered. */
  readonly since: string;
  /** Since then. */
  readonly tries: number;
  readonly last: TryResult | null;
}

/** A delivery under this process's lock. */
export interface DeliveryJob {
  readonly delivery: Delivery;
  /** Stores the delivery; rejects with LockLostError, and stores nothing, without the lock. */
  record(delivery: Delivery): Promise<void>;
}

/** The durable deliveries: at most one for a session and an endpoint. */
export interface Deliveries {
  /** Queues the delivery unless it is known: waiting, delivered or given up. */
  add(ref: SessionRef, endpoint: string, code: ErrorCode | null): Promise<void>;
}

/** What one request achieved. */
export interface SendResult {
  readonly status: number | null;
  readonly problem: 'refused' | 'unreachable' | 'timeout' | 'redirect' | 'status' | 'gone' | null;
  /** The earliest time that another try makes sense, as the endpoint asked for it. */
  readonly retryAfterMs: number;
}

/** Sends one message. Never rejects but with the reason of `signal`. */
export interface WebhookSender {
  send(
    endpoint: Pick<Endpoint, 'url' | 'isTrusted'>,
    message: { readonly headers: Readonly<Record<string, string>>; readonly body: string },
    signal: AbortSignal,
  ): Promise<SendResult>;
}

/** The rows of ended sessions. Throws STORAGE_UNAVAILABLE, a TaskError. */
export interface EndedSessions {
  /** Every session of both channels that ended, well or not, at `since` or later, paged. */
  endedSince(since: Date): AsyncIterable<Session>;
}

/** Up to when (ms since the epoch) every ended session has its deliveries; null when it is not known. */
export interface SweepMark {
  read(): Promise<number | null>;
  write(sweptUntilMs: number): Promise<void>;
}
