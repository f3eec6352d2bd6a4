/**
 * The real worker as a child process of the demo, as `npm start` runs it, but in a working directory of
 * its own: the variables of an `.env` in the project's folder are for another worker.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { endWithThisProcess } from '../end-with-this-process.ts';
import { SetupError } from '../until-signal.ts';

export interface DemoWorker extends AsyncDisposable {
  /** Where its HTTP server listens. */
  readonly address: string;
}

const COMMAND = fileURLToPath(new URL('../../bin/worker', import.meta.url));

/**
 * Starts the worker in `folder`, with its log in `worker.log` there; resolves when it listens, and
 * throws a SetupError when it ends before. An abort by `signal` ends it.
 */
export async function startWorker(
  env: Readonly<Record<string, string>>,
  folder: string,
  signal: AbortSignal,
): Promise<DemoWorker> {
  signal.throwIfAborted();
  const worker = spawn(COMMAND, [], {
    cwd: folder,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  endWithThisProcess(worker);
  const exited = once(worker, 'exit');
  signal.addEventListener('abort', () => worker.kill('SIGTERM'), { once: true });
  const log = createWriteStream(join(folder, 'worker.log'));
  for (const output of [worker.stdout, worker.stderr]) output.pipe(log, { end: false });
  const errorOutput = text(worker.stderr);
  const lines = createInterface(worker.stdout);
  const listening = new Promise<string>((resolve) => {
    lines.on('line', (line) => {
      const { message, address } = JSON.parse(line) as { message: string; address?: string };
      if (message === 'worker_started' && address !== undefined) resolve(address);
    });
  });
  const ended = exited.then(async () => {
    throw new SetupError(
      `The worker ended before it listened; see ${folder}/worker.log\n${await errorOutput}`,
    );
  });
  ended.catch(() => undefined);
  const address = await Promise.race([listening, ended]);
  return {
    address: address.replace('0.0.0.0', '127.0.0.1'),
    [Symbol.asyncDispose]: async () => {
      if (worker.exitCode === null && worker.signalCode === null) worker.kill('SIGTERM');
      await exited;
    },
  };
}
