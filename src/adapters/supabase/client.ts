/**
 * The Supabase client as the worker uses it: no sessions, no retries of its own, every request
 * bounded in time, and every error a TaskError.
 */
import { createClient, type SupabaseClient } from '@supabase/supabase-js';
import { TaskError } from '../../errors.ts';
import type { Channel } from '../../ports.ts';

/** Longer than Supabase's own limit on a statement (8 s), so that a request we give up on has ended there. */
const REQUEST_TIMEOUT_MS = 15_000;

export function connectSupabase(url: string, serviceRoleKey: string): SupabaseClient {
  return createClient(url, serviceRoleKey, {
    auth: { persistSession: false, autoRefreshToken: false, detectSessionInUrl: false },
    db: { retry: false },
    global: { fetch: fetchInTime },
  });
}

const fetchInTime: typeof fetch = (input, init) => {
  const timeout = AbortSignal.timeout(REQUEST_TIMEOUT_MS);
  const signal = init?.signal ? AbortSignal.any([init.signal, timeout]) : timeout;
  return fetch(input, { ...init, signal });
};

/**
 * The data of an answer. An error is STORAGE_UNAVAILABLE whatever it is: one that repeats itself
 * (a wrong key, a missing column) is the operator's to mend, and no session may be lost meanwhile.
 */
export function dataOf<T>({ data, error }: { data: T; error: Error | null }): T {
  if (error !== null) throw new TaskError('STORAGE_UNAVAILABLE', { cause: error });
  return data;
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
