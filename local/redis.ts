/**
 * A real redis-server on a free loopback port, which can be stopped, killed and started again with
 * its data for tests of crashes.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { LOOPBACK, onFreePort } from './loopback.ts';
import { findRedis, type RedisProgram } from './redis-program.ts';
import { type ServerProcess, startServerProcess } from './server-process.ts';

export interface RedisServer extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  /** Shuts it down; its data stays for `start`. */
  stop(): Promise<void>;
  /** SIGKILL, as in a crash: what it had answered is kept. */
  kill(): Promise<void>;
  /** Starts it again on the same port with the data it had. */
  start(): Promise<void>;
}

export interface RedisOptions {
  /** Where its data and pid go. */
  folder: string;
  /** Gets a progress line when the program has to be fetched. */
  report?: (line: string) => void;
  /** Settings of redis.conf in addition to, or instead of, the usual ones. */
  settings?: Readonly<Record<string, string>>;
}

/** Starts a Redis as BullMQ wants it: nothing is evicted. Its data is written to `<folder>/redis`. */
export async function startRedis(options: RedisOptions): Promise<RedisServer> {
  const { folder, report } = options;
  const program = await findRedis(report ?? (() => {}));
  await mkdir(join(folder, 'redis'), { recursive: true });
  return onFreePort(async (port) => {
    const launch = () => launchRedis(options, program, port);
    return redisServer(port, launch, await launch());
  });
}

function redisServer(
  port: number,
  launch: () => Promise<ServerProcess>,
  first: ServerProcess,
): RedisServer {
  let server = first;
  const end = async (signal?: NodeJS.Signals) => {
    if (server.running) await server.stop(signal);
  };
  return {
    url: `redis://${LOOPBACK}:${port}`,
    port,
    stop: () => end(),
    kill: () => end('SIGKILL'),
    async start() {
      if (!server.running) server = await launch();
    },
    [Symbol.asyncDispose]: () => end('SIGKILL'),
  };
}

function launchRedis(
  { folder, settings: own }: RedisOptions,
  program: RedisProgram,
  port: number,
): Promise<ServerProcess> {
  const settings = {
    port: String(port),
    bind: LOOPBACK,
    dir: join(folder, 'redis'),
    save: '',
    appendonly: 'yes',
    // Written before every answer and never synced: survives a killed process, which is what the
    // tests need. `everysec` may hold a write back while it syncs.
    appendfsync: 'no',
    'maxmemory-policy': 'noeviction',
    ...own,
  };
  return startServerProcess(folder, {
    name: 'redis',
    command: program.command,
    args: Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]),
    env: program.env,
    readyText: 'Ready to accept connections',
    stopSignal: 'SIGTERM',
  });
}
