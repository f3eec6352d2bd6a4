/** The platform's rows and pictures in Supabase, for the worker and the operator's tools. */
import type { SupabaseClient } from '@supabase/supabase-js';
import type { RecordEvent } from '../../ports/events.ts';
import { SupabaseAnalytics } from './analytics.ts';
import { SupabaseImageStore } from './image-store.ts';
import { SupabaseLedger } from './ledger.ts';
import { SupabasePictureFolders } from './picture-folders.ts';
import { SupabasePictureLinks } from './picture-links.ts';
import { SupabaseSessions } from './sessions.ts';

interface StoreSettings {
  readonly supabaseUrl: string;
  readonly supabaseBucket: string;
  /** How long links to pictures work. */
  readonly linkSeconds: number;
}

/** `record` gets an event where a sweep skips rows that it cannot read. */
export function openStores(
  supabase: SupabaseClient,
  { supabaseUrl, supabaseBucket: bucket, linkSeconds }: StoreSettings,
  record?: RecordEvent,
) {
  return {
    sessions: new SupabaseSessions(supabase, record),
    ledger: new SupabaseLedger(supabase),
    analytics: new SupabaseAnalytics(supabase),
    imageStore: new SupabaseImageStore(supabase, bucket, linkSeconds),
    pictures: new SupabasePictureFolders(supabase, bucket),
    links: new SupabasePictureLinks(supabase, supabaseUrl, bucket),
  };
}
