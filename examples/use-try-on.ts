'use client';
/** `watchTryOn` as a React hook, to copy into an application (import from `@wearon/tryon-client/watch`). */
import type { SupabaseClient } from '@supabase/supabase-js';
import { useEffect, useState } from 'react';
import { type TryOnState, watchTryOn } from '../packages/client/src/watch-try-on.ts';

/** The state of a person's try-on, live; null until the first answer. */
export function useTryOn(supabase: SupabaseClient, sessionId: string): TryOnState | null {
  const [seen, setSeen] = useState<{ sessionId: string; state: TryOnState } | null>(null);
  useEffect(() => {
    const onChange = (state: TryOnState) => setSeen({ sessionId, state });
    return watchTryOn(supabase, { sessionId, onChange });
  }, [supabase, sessionId]);
  // The state of an earlier session is not shown for this one.
  return seen?.sessionId === sessionId ? seen.state : null;
}
