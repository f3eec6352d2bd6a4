/** The platform's rows and pictures in Supabase, for the worker and for the command line. */
import type { SupabaseClient } from '@supabase/supabase-js';
import { SupabaseAnalytics } from '../adapters/supabase/analytics.ts';
import { SupabaseImageStore } from '../adapters/supabase/image-store.ts';
import { SupabaseLedger } from '../adapters/supabase/ledger.ts';
import { SupabasePictureFolders } from '../adapters/supabase/picture-folders.ts';
import { SupabasePictureLinks } from '../adapters/supabase/picture-links.ts';
import { SupabaseSessions } from '../adapters/supabase/sessions.ts';
import type { Config } from '../config.ts';
import type { RecordEvent } from '../ports/events.ts';

type StoreSettings = Pick<Config, 'supabaseUrl' | 'supabaseBucket' | 'linkSeconds'>;

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
