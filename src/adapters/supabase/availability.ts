/**
 * Whether Supabase's database and storage answer now: one small question to each.
 */
import type { SupabaseClient } from '@supabase/supabase-js';
import { outageOf } from './outage.ts';

/** What is wrong with each service, such as "answers 503"; null where nothing is. */
export interface Availability {
  readonly database: string | null;
  readonly storage: string | null;
}

export class SupabaseAvailability {
  readonly #supabase: SupabaseClient;
  readonly #bucket: string;

  constructor(supabase: SupabaseClient, bucket: string) {
    this.#supabase = supabase;
    this.#bucket = bucket;
  }

  /** Asks both. Bounded in time by the client; never rejects. */
  async check(): Promise<Availability> {
    const [rows, bucket] = await Promise.all([
      this.#supabase.from('generation_sessions').select('id').limit(0),
      this.#supabase.storage.getBucket(this.#bucket),
    ]);
    return {
      database: rows.error && (outageOf(rows.error, rows.status) ?? refusalOf(rows.error)),
      storage: bucket.error && (outageOf(bucket.error) ?? refusalOf(bucket.error)),
    };
  }
}

interface RefusedBy {
  readonly code?: string | undefined;
  readonly statusCode?: string | undefined;
}

/** The code stands for itself; a message may quote what was asked for. */
function refusalOf({ code, statusCode }: RefusedBy): string {
  return `refuses the worker (${code || statusCode || 'no code'})`;
}
