/** What the operator's tools work with, at the command line and in the console. */
import type { SupabaseClient } from '@supabase/supabase-js';
import type { Redis } from 'ioredis';
import type { Config } from '../config.ts';

export interface OperationDeps {
  readonly config: Config;
  readonly supabase: SupabaseClient;
  /** A connection that fails at once while Redis is away. */
  readonly redis: Redis;
}
