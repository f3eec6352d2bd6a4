/** `watchTryOn` as a React hook, to copy into an application (import from `@wearon/tryon-client`). */
import type { SupabaseClient } from '@supabase/supabase-js';
import { useEffect, useState } from 'react';
import { type TryOnState, watchTryOn } from '../packages/client/src/index.ts';

/** The state of a try-on, live; null until the first answer. */
export function useTryOn(supabase: SupabaseClient, sessionId: string): TryOnState | null {
  const [state, setState] = useState<TryOnState | null>(null);
  useEffect(() => watchTryOn(supabase, { sessionId, onChange: setState }), [supabase, sessionId]);
  return state;
}
