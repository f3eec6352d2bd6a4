/**
 * A real Postgres on a free loopback port with the platform's schema, its data in the stack's
 * folder. The empty database is made once and copied for every start.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chown, mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { cachedFolder } from './cache.ts';
import { LOOPBACK, onFreePort } from './loopback.ts';
import { findPostgres, type PostgresProgram } from './postgres-program.ts';
import { type ServerProcess, startServerProcess } from './server-process.ts';
import { stackFolder } from './stack-folder.ts';
import { SetupError } from './until-signal.ts';

const run = promisify(execFile);

export interface PostgresServer extends AsyncDisposable {
  /** For psql and other clients. */
  readonly url: string;
  /** Connections of the superuser, who passes every row level policy. */
  readonly pool: pg.Pool;
}

const SUPERUSER = 'postgres';

/** Starts a Postgres with an empty platform database in `<folder>/postgres`. */
export async function startPostgres(folder: string): Promise<PostgresServer> {
  const program = await findPostgres(folder);
  await run('cp', ['-a', await emptyDatabase(program), join(folder, 'postgres')]);
  return servePostgres(folder, program);
}

/** A data folder with the schema loaded, from the cache or made now. */
async function emptyDatabase(program: PostgresProgram): Promise<string> {
  const schema = await readFile(join(import.meta.dirname, 'schema.sql'), 'utf8');
  const hash = createHash('sha256').update(program.version).update(schema).digest('hex');
  const uid = program.owner?.uid ?? process.getuid?.() ?? 0;
  const cached = await cachedFolder(`postgres-${hash.slice(0, 12)}-${uid}`, async (draft) => {
    const folder = await stackFolder();
    try {
      await initialise(folder, program);
      await loadSchema(folder, program, schema);
      await run('cp', ['-a', join(folder, 'postgres'), draft]);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
  return join(cached, 'postgres');
}

async function initialise(folder: string, { initdb, owner }: PostgresProgram): Promise<void> {
  const data = join(folder, 'postgres');
  await mkdir(data);
  if (owner) await chown(data, owner.uid, owner.gid);
  const settings = [
    `--pgdata=${data}`,
    `--username=${SUPERUSER}`,
    '--auth=trust',
    '--locale=C',
    '--encoding=UTF8',
    // Small log segments: an empty database is 24 MB instead of 40 to copy.
    '--wal-segsize=1',
    '--no-sync',
    '--no-instructions',
  ];
  const options = { ...owner, env: { ...process.env, LC_ALL: 'C' } };
  await run(initdb, settings, options).catch((cause) => {
    const reason = String(cause.stderr || cause).trim();
    const fix = reason.includes('user does not exist')
      ? '\nRun it as a user with an entry in /etc/passwd, or add an entry for this one.'
      : '';
    throw new SetupError(`Postgres cannot be set up: ${reason}${fix}`, { cause });
  });
}

async function loadSchema(folder: string, program: PostgresProgram, schema: string): Promise<void> {
  await using server = await servePostgres(folder, program);
  await server.pool.query(schema);
}

/** Runs Postgres on the data in `<folder>/postgres`. */
async function servePostgres(folder: string, program: PostgresProgram): Promise<PostgresServer> {
  return onFreePort(async (port) => {
    const server = await startServerProcess(folder, {
      name: 'postgres',
      command: program.postgres,
      args: ['-D', join(folder, 'postgres'), '-p', String(port), ...SETTINGS],
      owner: program.owner,
      readyText: 'ready to accept connections',
      stopSignal: 'SIGINT',
    });
    return postgresServer(server, `postgres://${SUPERUSER}@${LOOPBACK}:${port}/postgres`);
  });
}

/** Nothing has to survive the machine, so nothing is synced; and few processes make a quick start. */
const SETTINGS = Object.entries({
  listen_addresses: LOOPBACK,
  unix_socket_directories: '',
  max_connections: 60,
  shared_buffers: '32MB',
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  wal_level: 'minimal',
  max_wal_senders: 0,
  autovacuum: 'off',
  io_method: 'sync',
  max_parallel_workers: 0,
  max_logical_replication_workers: 0,
  jit: 'off',
  timezone: 'UTC',
}).flatMap(([name, value]) => ['-c', `${name}=${value}`]);

const POOL_SIZE = 20;

function postgresServer(server: ServerProcess, url: string): PostgresServer {
  const pool = new pg.Pool({ connectionString: url, max: POOL_SIZE });
  // An idle connection that breaks when the server stops must not end the process.
  pool.on('error', () => {});
  return {
    url,
    pool,
    async [Symbol.asyncDispose]() {
      await pool.end();
      if (server.running) await server.stop();
    },
  };
}
