/**
 * Follows one try-on to its end: Supabase Realtime tells each change at once, and polling catches
 * what it misses.
 */
import type { SupabaseClient } from '@supabase/supabase-js';
/** The row of a session, as far as a screen needs it. */
export interface TryOnState {
    readonly status: 'queued' | 'processing' | 'completed' | 'failed';
    /** Set together with `completed`, in one UPDATE; the link works for hours, not for ever. */
    readonly generated_image_url: string | null;
    /** For the shopper to read; set together with `failed`. */
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
/** Begins to watch; the returned function ends it, and so does a final status. */
export declare function watchTryOn(supabase: SupabaseClient, { table, sessionId, onChange, pollEveryMs }: TryOnWatch): () => void;
