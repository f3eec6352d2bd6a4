/**
 * The platform's connections: Supabase as the service role, the Redis it pushes tasks to, and the
 * database behind Supabase for what its sign-up and admin pages do there.
 */
import { createClient, type SupabaseClient } from '@supabase/supabase-js';
import { Redis } from 'ioredis';
import type pg from 'pg';

export interface Platform extends AsyncDisposable {
  readonly supabase: SupabaseClient;
  readonly redis: Redis;
  readonly database: pg.Pool;
  readonly bucket: string;
}

/** What a local stack offers of itself. */
export interface PlatformDeps {
  readonly env: Readonly<Record<string, string>>;
  readonly database: pg.Pool;
}

/** Connects to a local stack. Disposing of it closes its own connections only. */
export function openPlatform({ env, database }: PlatformDeps): Platform {
  const setting = (name: string) => env[name] ?? missing(name);
  const auth = { persistSession: false, autoRefreshToken: false };
  const supabase = createClient(setting('SUPABASE_URL'), setting('SUPABASE_SERVICE_ROLE_KEY'), {
    auth,
  });
  const redis = new Redis(setting('REDIS_URL'), { enableReadyCheck: false });
  // It connects again by itself; a command that cannot be sent rejects.
  redis.on('error', () => undefined);
  return {
    supabase,
    redis,
    database,
    bucket: setting('SUPABASE_BUCKET'),
    async [Symbol.asyncDispose]() {
      redis.disconnect();
    },
  };
}

function missing(name: string): never {
  throw new Error(`The local stack gives no ${name}`);
}

/** The data of a Supabase answer; throws its error, which supabase-js only returns. */
export function dataOf<T>({ data, error }: { data: T; error: { message: string } | null }): T {
  if (error) throw new Error(error.message, { cause: error });
  return data;
}
