/**
 * The Supabase client as the worker uses it: no sessions, no retries of its own, every request
 * bounded in time, and everything but a proper answer a TaskError.
 */
import { createClient, StorageApiError, type SupabaseClient } from '@supabase/supabase-js';
import { Agent, type Dispatcher } from 'undici';
import { z } from 'zod';
import { TaskError } from '../../errors.ts';
import { parsedJson } from '../../foreign-json.ts';
import { exchange, MAX_ANSWER_BYTES } from '../../http-client/exchange.ts';
import { REQUEST_TIMEOUT_MS } from '../../ports/booking-times.ts';
import type { Channel } from '../../ports/session.ts';
import { VERSION } from '../../version.ts';

export function connectSupabase(url: string, serviceRoleKey: string): SupabaseClient {
  const connections = new Agent({ allowH2: false, maxResponseSize: MAX_ANSWER_BYTES });
  return createClient(url, serviceRoleKey, {
    // Without it, every request first looks for a user's session.
    accessToken: async () => serviceRoleKey,
    db: { retry: false },
    global: {
      // Proxies may turn clients without a name away.
      headers: { 'user-agent': `wearon-worker/${VERSION}` },
      fetch: (input, init) => fetchAnswer(connections, input, init),
    },
  });
}

async function fetchAnswer(
  connections: Dispatcher,
  url: string | URL | Request,
  init: RequestInit = {},
): Promise<Response> {
  const { body = null } = init;
  if (body !== null && typeof body !== 'string' && !(body instanceof Uint8Array)) {
    throw new TypeError('A body is text or bytes');
  }
  const timeout = AbortSignal.timeout(REQUEST_TIMEOUT_MS);
  const signal = init.signal ? AbortSignal.any([init.signal, timeout]) : timeout;
  const response = await exchange(connections, { url, init, body }, { signal });
  return response.status === 404 ? withoutFalseNotFound(response) : response;
}

/** The form of an error of the database or the storage; a proxy's empty page does not have it. */
const vendorError = z.object({ message: z.string() });

/** supabase-js takes a 404 that is empty or `[]` for success; only the vendor's own 404 goes through. */
async function withoutFalseNotFound(response: Response): Promise<Response> {
  const body = await response.text();
  const isTheVendors = vendorError.safeParse(parsedJson(body)).success;
  return isTheVendors
    ? new Response(body, response)
    : Response.json({ message: 'a 404 that did not come from Supabase' }, { status: 502 });
}

/**
 * The data of an answer. An error is STORAGE_UNAVAILABLE whatever it is: one that repeats itself
 * (a wrong key, a missing column) is the operator's to fix, and no session may be lost meanwhile.
 */
export function dataOf<T>({ data, error }: { data: T; error: Error | null }): T {
  if (error !== null) throw new TaskError('STORAGE_UNAVAILABLE', { cause: error });
  return data;
}

/**
 * Whether Storage itself says that something does not exist. It answers HTTP 400 with the status
 * 404 inside; an HTTP 404 comes from a gateway, or from a server that does not know the route.
 */
export function saysMissing(
  error: Error | null,
  message: 'Object not found' | 'Bucket not found',
): boolean {
  return (
    error instanceof StorageApiError &&
    error.status === 400 &&
    error.statusCode === '404' &&
    error.message === message
  );
}

/** Of supabase-js. */
export interface Answer {
  readonly data: unknown;
  readonly error: Error | null;
}

/** The rows of an answer; STORAGE_UNAVAILABLE for whatever is not a list of such rows. */
export function rowsOf<T>(row: z.ZodType<T>, answer: Answer): T[] {
  const rows = z.array(row).safeParse(dataOf(answer));
  if (rows.success) return rows.data;
  throw new TaskError('STORAGE_UNAVAILABLE', { detail: 'odd_answer', cause: rows.error });
}

export interface TimeWindow {
  readonly since: Date;
  readonly until: Date;
}

interface Query<Q> {
  gte(column: 'created_at', value: string): Q;
  lt(column: 'created_at', value: string): Q;
}

/** The query's rows that were created in the window. */
export function within<Q extends Query<Q>>(query: Q, { since, until }: TimeWindow): Q {
  return query.gte('created_at', since.toISOString()).lt('created_at', until.toISOString());
}

/** Where a channel's sessions and events are, and which column says whose they are. */
export const TABLES = {
  b2b: {
    sessions: 'store_generation_sessions',
    events: 'store_analytics_events',
    owner: 'store_id',
  },
  b2c: { sessions: 'generation_sessions', events: 'analytics_events', owner: 'user_id' },
} as const satisfies Record<Channel, { sessions: string; events: string; owner: string }>;
