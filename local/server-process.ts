/**
 * A server that runs as a process of its own for as long as the local stack does.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What to start, and how to see that it is ready. */
export interface ServerCommand {
  name: string;
  command: string;
  args: string[];
  env?: Record<string, string>;
  /** Run as this user and group where the stack runs as root. */
  owner?: { uid: number; gid: number } | undefined;
  /** A line with this text on stdout or stderr says that it takes connections. */
  readyText: string;
  /** The signal that makes it stop at once and leave nothing behind. */
  stopSignal: 'SIGTERM' | 'SIGINT' | 'SIGQUIT';
}

export interface ServerProcess {
  readonly pid: number;
  readonly running: boolean;
  /** Sends the signal (the command's own by default) and resolves when the process has ended. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

const KEPT_OUTPUT_CHARS = 4000;

/**
 * Starts the server and resolves when it is ready. Its pid is recorded under `<folder>/pids`, where
 * the guardian finds it. Throws with the end of its output when it ends before it is ready.
 */
export async function startServerProcess(
  folder: string,
  command: ServerCommand,
): Promise<ServerProcess> {
  const child = spawn(command.command, command.args, {
    // A group of its own: Ctrl-C must reach the worker first and the servers last.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...command.env },
    ...command.owner,
  });
  const ended = endOf(child);
  const forgetPid = notePid(folder, command, child.pid);
  ended.then(forgetPid);
  await readiness(child, command, ended);
  return {
    pid: child.pid ?? 0,
    get running() {
      return child.exitCode === null && child.signalCode === null;
    },
    async stop(signal = command.stopSignal) {
      child.kill(signal);
      await ended;
    },
  };
}

/** Writes `<signal> <pid>`, as `kill -s` takes it; returns what removes the note. */
function notePid(folder: string, command: ServerCommand, pid: number | undefined): () => void {
  const note = join(folder, 'pids', command.name);
  mkdirSync(join(folder, 'pids'), { recursive: true });
  if (pid !== undefined) writeFileSync(note, `${command.stopSignal.slice(3)} ${pid}\n`);
  return () => rmSync(note, { force: true });
}

function endOf(child: ChildProcess): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  child.once('error', () => resolve());
  child.once('close', () => resolve());
  return promise;
}

async function readiness(
  child: ChildProcess,
  { name, readyText }: ServerCommand,
  ended: Promise<void>,
): Promise<void> {
  const { promise: ready, resolve, reject } = Promise.withResolvers<void>();
  let output = '';
  const read = (chunk: Buffer) => {
    output = (output + chunk.toString()).slice(-KEPT_OUTPUT_CHARS);
    if (output.includes(readyText)) resolve();
  };
  child.stdout?.on('data', read);
  child.stderr?.on('data', read);
  child.once('error', (error) =>
    reject(new Error(`${name} could not be started`, { cause: error })),
  );
  ended.then(() => reject(new Error(`${name} ended before it was ready:\n${output}`)));
  await ready;
}
