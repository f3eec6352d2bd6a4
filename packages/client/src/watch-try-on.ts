/**
 * Follows one try-on to its end: Supabase Realtime announces each change at once, and polling
 * catches what it misses. Browsers load it too, so nothing of Node is imported.
 */
import type { SupabaseClient } from '@supabase/supabase-js';

/** The row of a session, as far as a screen needs it. */
export type TryOnState = Waiting | Completed | Failed;

interface Waiting {
  /** `pending`: an older name of queued, on people's rows only. */
  readonly status: 'pending' | 'queued' | 'processing';
  readonly generated_image_url: null;
  readonly error_message: null;
}

interface Completed {
  readonly status: 'completed';
  /** Set in the same UPDATE as the status; the link works for hours, not for ever. */
  readonly generated_image_url: string;
  readonly error_message: null;
}

interface Failed {
  readonly status: 'failed';
  readonly generated_image_url: null;
  /** For the shopper to read; null where the platform ended the session without a text. */
  readonly error_message: string | null;
}

export interface TryOnWatch {
  /** `store_generation_sessions` for a store's try-ons. */
  readonly table?: 'generation_sessions' | 'store_generation_sessions';
  readonly sessionId: string;
  /** Called with every state that differs from the last one; the last call has a final status. */
  readonly onChange: (state: TryOnState) => void;
  /** How often the row is read, in case Realtime is silent. Default 5,000. */
  readonly pollEveryMs?: number;
}

const COLUMNS = 'status, generated_image_url, error_message';
/** Gives every watch a channel of its own: a client takes no listeners for one that is subscribed. */
let watches = 0;
/** A late answer must not set the screen back to an earlier state. */
const ORDER = { pending: 0, queued: 1, processing: 2, completed: 3, failed: 3 };

/** Begins to watch; the returned function ends it, and so does a final status. */
export function watchTryOn(
  supabase: SupabaseClient,
  { table = 'generation_sessions', sessionId, onChange, pollEveryMs = 5000 }: TryOnWatch,
): () => void {
  let reached = -1;
  const stop = () => {
    if (reached === Number.POSITIVE_INFINITY) return;
    reached = Number.POSITIVE_INFINITY;
    clearInterval(poll);
    void supabase.removeChannel(channel);
  };
  const see = ({ status, generated_image_url, error_message }: TryOnState) => {
    const order = ORDER[status] ?? 0;
    if (order <= reached) return;
    reached = order;
    onChange({ status, generated_image_url, error_message } as TryOnState);
    if (order === ORDER.completed) stop();
  };
  const read = async () => {
    const { data } = await supabase.from(table).select(COLUMNS).eq('id', sessionId).maybeSingle();
    if (data !== null) see(data as TryOnState);
  };
  const channel = supabase
    .channel(`try-on-${sessionId}-${++watches}`)
    .on(
      'postgres_changes',
      { event: 'UPDATE', schema: 'public', table, filter: `id=eq.${sessionId}` },
      (change) => see(change.new as TryOnState),
    )
    // What changed before the subscription was active is read once it is.
    .subscribe(() => void read());
  const poll = setInterval(() => void read(), pollEveryMs);
  return stop;
}
