/**
 * The platform's session rows of both channels. Every write is one UPDATE that holds only while
 * the row has its owner and a status that is not terminal.
 */
import type { SupabaseClient } from '@supabase/supabase-js';
import { z } from 'zod';
import type { RecordEvent } from '../../ports/events.ts';
import {
  CHANNELS,
  type Channel,
  type Completion,
  type OtherSession,
  type Session,
  type SessionRef,
  type Sessions,
  TERMINAL,
  UNFINISHED,
} from '../../ports/session.ts';
import type { EndedSessions } from '../../ports/webhooks.ts';
import { dataOf, rowsOf, TABLES } from './client.ts';
import { pagesById, rowsById } from './pages.ts';

const UNTOUCHED = ['queued', 'pending'];

const COLUMNS = 'id, status, created_at, completed_at, error_message';
const COLUMNS_OF = {
  b2b: `${COLUMNS}, store_id, request_id, shopper_email`,
  b2c: `${COLUMNS}, user_id`,
} as const;

const sessionRow = z.object({
  id: z.string(),
  user_id: z.string().optional(),
  store_id: z.string().optional(),
  status: z.enum([...UNFINISHED, ...TERMINAL]),
  // A person may write any date into their own row, `infinity` too.
  created_at: z.coerce.date().catch(new Date(0)),
  completed_at: z.coerce.date().nullable().catch(null),
  error_message: z.string().nullable(),
  request_id: z.string().nullish(),
  shopper_email: z.string().nullish(),
});

const otherRow = z.object({ id: z.string(), status: z.string() });
/** More sessions than one owner has under way. */
const MOST_OTHERS = 10_000;

function toSession(channel: Channel, row: z.infer<typeof sessionRow>): Session {
  return {
    channel,
    ownerId: (channel === 'b2b' ? row.store_id : row.user_id) ?? '',
    sessionId: row.id,
    status: row.status,
    createdAt: row.created_at,
    completedAt: row.completed_at,
    errorMessage: row.error_message,
    requestId: row.request_id ?? null,
    shopperEmail: row.shopper_email ?? null,
  };
}

/** A channel's rows, to be narrowed down further. */
function rowsIn(supabase: SupabaseClient, channel: Channel) {
  return supabase.from(TABLES[channel].sessions).select(COLUMNS_OF[channel]);
}
type Rows = ReturnType<typeof rowsIn>;

export class SupabaseSessions implements Sessions, EndedSessions {
  readonly #supabase: SupabaseClient;
  readonly #record: RecordEvent;

  /** `record` gets an event where a sweep skips rows that it cannot read. */
  constructor(supabase: SupabaseClient, record: RecordEvent = () => undefined) {
    this.#supabase = supabase;
    this.#record = record;
  }

  async find({ channel, sessionId }: SessionRef): Promise<Session | null> {
    const [row] = rowsOf(sessionRow, await rowsIn(this.#supabase, channel).eq('id', sessionId));
    return row === undefined ? null : toSession(channel, row);
  }

  claim(ref: SessionRef): Promise<Session | null> {
    return this.#update(ref, { status: 'processing' }, UNTOUCHED);
  }

  markProcessing(ref: SessionRef): Promise<Session | null> {
    return this.#update(ref, { status: 'processing' });
  }

  complete(ref: SessionRef, completion: Completion): Promise<Session | null> {
    return this.#update(ref, {
      status: 'completed',
      generated_image_url: completion.imageUrl,
      input_tokens: completion.inputTokens,
      output_tokens: completion.outputTokens,
      estimated_cost_usd: completion.costUsd,
      processing_time_ms: completion.processingTimeMs,
      completed_at: completion.completedAt.toISOString(),
      error_message: null,
    });
  }

  fail(ref: SessionRef, errorMessage: string, completedAt: Date): Promise<Session | null> {
    return this.#update(ref, {
      status: 'failed',
      error_message: errorMessage,
      completed_at: completedAt.toISOString(),
    });
  }

  async replaceErrorMessage(
    { channel, ownerId, sessionId }: SessionRef,
    completedAt: Date,
    { from, to }: { readonly from: string; readonly to: string },
  ): Promise<void> {
    const { sessions, owner } = TABLES[channel];
    dataOf(
      await this.#supabase
        .from(sessions)
        .update({ error_message: to })
        .eq('id', sessionId)
        .eq(owner, ownerId)
        .eq('status', 'failed')
        .eq('completed_at', completedAt.toISOString())
        .eq('error_message', from),
    );
  }

  async sharingPayment(
    { channel, ownerId, sessionId }: Session,
    requestId: string | null,
  ): Promise<OtherSession[]> {
    // No row of the database holds a NUL.
    if (channel === 'b2b' && (requestId ?? '\0').includes('\0')) return [];
    const { sessions, owner } = TABLES[channel];
    const query = () => {
      const all = this.#supabase.from(sessions).select('id, status').eq(owner, ownerId);
      const others = all.neq('id', sessionId);
      return channel === 'b2b'
        ? others.eq('request_id', requestId).neq('status', 'failed')
        : others.in('status', UNFINISHED);
    };
    return Array.fromAsync(rowsById(otherRow, query, MOST_OTHERS), ({ id, status }) => ({
      sessionId: id,
      isCompleted: status === 'completed',
    }));
  }

  unfinished(before: Date): AsyncIterable<Session> {
    return this.#inBoth((rows) =>
      rows.in('status', UNFINISHED).lt('created_at', before.toISOString()),
    );
  }

  failedSince(since: Date): AsyncIterable<Session> {
    return this.#inBoth((rows) =>
      rows.eq('status', 'failed').gte('completed_at', since.toISOString()),
    );
  }

  endedSince(since: Date): AsyncIterable<Session> {
    return this.#inBoth((rows) =>
      rows.in('status', TERMINAL).gte('completed_at', since.toISOString()),
    );
  }

  /** One conditional UPDATE: the row after it, or null where it changed nothing. */
  async #update(
    { channel, ownerId, sessionId }: SessionRef,
    values: Record<string, unknown>,
    from: readonly string[] = UNFINISHED,
  ): Promise<Session | null> {
    const { sessions, owner } = TABLES[channel];
    const [row] = rowsOf(
      sessionRow,
      await this.#supabase
        .from(sessions)
        .update(values)
        .eq('id', sessionId)
        .eq(owner, ownerId)
        .in('status', from)
        .select(COLUMNS_OF[channel]),
    );
    return row === undefined ? null : toSession(channel, row);
  }

  async *#inBoth(narrow: (rows: Rows) => Rows): AsyncIterable<Session> {
    for (const channel of CHANNELS) yield* this.#paged(channel, narrow);
  }

  async *#paged(channel: Channel, narrow: (rows: Rows) => Rows): AsyncIterable<Session> {
    const query = () => narrow(rowsIn(this.#supabase, channel));
    for await (const page of pagesById(z.looseObject({ id: z.string() }), query)) {
      const sessions = page.flatMap((row) => {
        const { data } = sessionRow.safeParse(row);
        return data === undefined ? [] : [toSession(channel, data)];
      });
      // An unreadable row must not hide the others.
      const count = page.length - sessions.length;
      if (count > 0) this.#record({ event: 'rows_unreadable', channel, count });
      yield* sessions;
    }
  }
}
