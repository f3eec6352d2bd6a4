/**
 * The real worker as a child process of the demo, exactly as `npm start` runs it.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export interface DemoWorker extends AsyncDisposable {
  /** Where its HTTP server listens. */
  readonly address: string;
}

const COMMAND = fileURLToPath(new URL('../../bin/worker', import.meta.url));

/**
 * Starts the worker with its log in `logFile`; resolves when it listens, rejects when it ends before.
 * An abort by `signal` ends it.
 */
export async function startWorker(
  env: Readonly<Record<string, string>>,
  logFile: string,
  signal: AbortSignal,
): Promise<DemoWorker> {
  signal.throwIfAborted();
  const worker = spawn(COMMAND, [], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = once(worker, 'exit');
  signal.addEventListener('abort', () => worker.kill('SIGTERM'), { once: true });
  const log = createWriteStream(logFile);
  for (const output of [worker.stdout, worker.stderr]) output.pipe(log, { end: false });
  const lines = createInterface(worker.stdout);
  const listening = new Promise<string>((resolve) => {
    lines.on('line', (line) => {
      const { message, address } = JSON.parse(line) as { message: string; address?: string };
      if (message === 'worker_started' && address !== undefined) resolve(address);
    });
  });
  const ended = exited.then(() => {
    throw new Error(`The worker ended before it listened; see ${logFile}`);
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
