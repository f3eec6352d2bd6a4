/** A worker that is started by a command: this one, or another one of the same wire. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { endWithThisProcess } from '../../local/end-with-this-process.ts';
import { LOOPBACK, onFreePort } from '../../local/loopback.ts';
import { pidsOf } from './process-tree.ts';

export interface Contender {
  readonly folder: string;
  /** For /bin/sh. */
  readonly command: string;
}

export interface RunningContender extends AsyncDisposable {
  readonly pid: number;
  /** From the start of the shell until /health answered. */
  readonly startMs: number;
  readonly healthUrl: string;
}

export const THIS_WORKER: Contender = {
  folder: fileURLToPath(new URL('../..', import.meta.url)),
  command: 'exec bin/worker',
};

const START_LIMIT_MS = 120_000;
const LOAD_LIMIT_MS = 60_000;
const STOP_LIMIT_MS = 15_000;
const KEPT_OUTPUT = 4_000;

/** `DIR::command`, of a folder that is there. Throws on anything else. */
export function parseContender(text: string): Contender {
  const [, folder, command] = /^(.+?)::(.*\S.*)$/s.exec(text) ?? [];
  if (folder === undefined || command === undefined) {
    throw new Error(`--against takes 'DIR::command', not '${text}'`);
  }
  if (!existsSync(folder)) throw new Error(`--against: there is no folder ${folder}`);
  return { folder, command: command.trim() };
}

/**
 * Starts the command by a shell in a session of its own, with `env`, PATH, HOME, HOST and PORT, and
 * resolves when /health answers, whatever it says. Disposing ends the command and its children; so
 * does the end of this process. Throws, with the end of its output, if it ends or never answers.
 */
export async function startContender(
  { folder, command }: Contender,
  env: Readonly<Record<string, string>>,
): Promise<RunningContender> {
  const port = await onFreePort(async (free) => free);
  const startedAtMs = performance.now();
  const { PATH, HOME } = process.env;
  const child = spawn('/bin/sh', ['-c', command], {
    cwd: folder,
    detached: true,
    env: { PATH, HOME, HOST: LOOPBACK, PORT: String(port), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = keepOutput(child);
  await once(child, 'spawn');
  const pid = child.pid as number;
  endWithThisProcess(child, { group: true });
  const end = () => endTree(child, pid);
  const healthUrl = `http://${LOOPBACK}:${port}/health`;
  try {
    await healthAnswers(healthUrl, child);
  } catch (error) {
    await end();
    throw new Error(`'${command}' in ${folder}: ${(error as Error).message}\n${output()}`);
  }
  const startMs = performance.now() - startedAtMs;
  return { pid, startMs, healthUrl, [Symbol.asyncDispose]: end };
}

/** True once /health no longer says that the pose models are being loaded; false where it always does. */
export async function modelsLoaded({ healthUrl }: RunningContender): Promise<boolean> {
  for (const end = performance.now() + LOAD_LIMIT_MS; performance.now() < end; await sleep(50)) {
    const answer = await fetch(healthUrl);
    const health: unknown = await answer.json().catch(() => null);
    if (!isLoading.safeParse(health).success) return true;
  }
  return false;
}

/** Both workers name their models so in /health; one that does not is not waited for. */
const isLoading = z.object({ size_rec_model_loaded: z.literal(false) });

async function healthAnswers(url: string, child: ChildProcess): Promise<void> {
  const deadline = performance.now() + START_LIMIT_MS;
  while (performance.now() < deadline) {
    if (hasEnded(child)) throw new Error(`ended (${child.exitCode}) before ${url} answered`);
    const signal = AbortSignal.timeout(5_000);
    const answer = await fetch(url, { signal }).catch(() => null);
    if (answer !== null) {
      await answer.text();
      return;
    }
    await sleep(25);
  }
  throw new Error(`${url} did not answer within ${START_LIMIT_MS / 1000} s`);
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}

/** SIGTERM to all, then SIGKILL to what is left. */
async function endTree(child: ChildProcess, pid: number): Promise<void> {
  const known = new Set(pidsOf(pid));
  signalAll(pid, known, 'SIGTERM');
  for (const end = performance.now() + STOP_LIMIT_MS; performance.now() < end; await sleep(50)) {
    if (hasEnded(child) && pidsOf(pid).length === 0) break;
  }
  signalAll(pid, new Set([...known, ...pidsOf(pid)]), 'SIGKILL');
}

function signalAll(group: number, pids: Iterable<number>, name: NodeJS.Signals): void {
  for (const target of [-group, ...pids]) {
    try {
      process.kill(target, name);
    } catch {
      // It has ended.
    }
  }
}

/** The end of what the command writes. */
function keepOutput(child: ChildProcess): () => string {
  let kept = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (bytes: Buffer) => {
      kept = (kept + bytes.toString()).slice(-KEPT_OUTPUT);
    });
  }
  return () => kept;
}
