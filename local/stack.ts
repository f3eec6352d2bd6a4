/**
 * The local stack: real Redis, real Postgres, and servers that speak Supabase's, OpenAI's and
 * Replicate's protocols, on free loopback ports, for development, tests and benchmarks of the unchanged worker.
 */
import { join } from 'node:path';
import type pg from 'pg';
import { type OpenAiServer, type OpenAiServerOptions, startOpenAiServer } from './openai/server.ts';
import { type PostgresServer, startPostgres } from './postgres.ts';
import { type RedisServer, startRedis } from './redis.ts';
import { type ReplicateServer, startReplicateServer } from './replicate/server.ts';
import { guardFolder, stackFolder } from './stack-folder.ts';
import { type SupabaseServer, startSupabaseServer } from './supabase/server.ts';

export interface LocalStack extends AsyncDisposable {
  /** What a worker needs in its environment to work with this stack. */
  readonly env: Record<string, string>;
  readonly redis: RedisServer;
  /** Connections to the database behind Supabase, as its superuser. */
  readonly database: pg.Pool;
  /** For psql. */
  readonly databaseUrl: string;
  readonly supabase: SupabaseServer;
  readonly openai: OpenAiServer;
  readonly replicate: ReplicateServer;
}

export interface LocalStackOptions {
  /** How the image model behaves. */
  openai?: OpenAiServerOptions;
  /** Gets a line where something takes longer, once on a machine. To stderr by default. */
  report?: (line: string) => void;
}

/** The private bucket of the platform. */
export const BUCKET = 'virtual-tryon-images';

/**
 * Starts every part at once. Disposing of the stack ends them and removes their data; so does the
 * end of this process, however it comes.
 */
export async function startLocalStack(options: LocalStackOptions = {}): Promise<LocalStack> {
  await using parts = new AsyncDisposableStack();
  const folder = await stackFolder();
  parts.use(guardFolder(folder));
  const starting = [
    startRedis({ folder, report: options.report ?? console.error }),
    startDatabase(folder),
    startOpenAiServer(options.openai),
    startReplicateServer(options.openai),
  ] as const;
  // Whatever did start is kept for disposal, also where another part failed.
  for (const part of await Promise.allSettled(starting)) {
    if (part.status === 'fulfilled') parts.use(part.value);
  }
  const [redis, { postgres, supabase }, openai, replicate] = await Promise.all(starting);
  const started = parts.move();
  const servers = { redis, supabase, openai, replicate };
  return {
    ...servers,
    env: environment(servers),
    database: postgres.pool,
    databaseUrl: postgres.url,
    [Symbol.asyncDispose]: () => started.disposeAsync(),
  };
}

interface Database extends AsyncDisposable {
  readonly postgres: PostgresServer;
  readonly supabase: SupabaseServer;
}

async function startDatabase(folder: string): Promise<Database> {
  await using parts = new AsyncDisposableStack();
  const postgres = parts.use(await startPostgres(folder));
  const supabase = parts.use(
    await startSupabaseServer({ pool: postgres.pool, objectsFolder: join(folder, 'images') }),
  );
  const started = parts.move();
  return { postgres, supabase, [Symbol.asyncDispose]: () => started.disposeAsync() };
}

type Servers = Pick<LocalStack, 'redis' | 'supabase' | 'openai' | 'replicate'>;

function environment({ redis, supabase, openai, replicate }: Servers): LocalStack['env'] {
  return {
    REDIS_URL: redis.url,
    SUPABASE_URL: supabase.url,
    SUPABASE_SERVICE_ROLE_KEY: supabase.serviceRoleKey,
    SUPABASE_BUCKET: BUCKET,
    OPENAI_API_KEY: openai.apiKey,
    OPENAI_BASE_URL: openai.baseUrl,
    REPLICATE_API_TOKEN: replicate.token,
    REPLICATE_BASE_URL: replicate.baseUrl,
    CONSOLE_ACCESS: 'open',
  };
}
