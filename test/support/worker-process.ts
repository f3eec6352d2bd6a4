/**
 * The real worker as a process of its own, to be stopped and killed, and its log to wait on.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { endWithThisProcess } from '../../local/end-with-this-process.ts';

/** One JSON line of the worker's log. */
export interface LogLine {
  readonly message: string;
  readonly level: string;
  readonly session_id?: string;
  readonly request_id?: string;
  readonly [field: string]: unknown;
}

type Matches = (line: LogLine) => boolean;
/** Lines of one session, or those that fit. */
type About = { readonly sessionId: string } | Matches;

export interface WorkerProcess extends AsyncDisposable {
  readonly process: ChildProcess;
  /** Where HTTP listens. */
  readonly address: string;
  /** Every line so far, as text. */
  readonly output: readonly string[];
  readonly lines: readonly LogLine[];
  /** The first line that matches, seen or still to come. */
  logged(message: string, about?: About): Promise<LogLine>;
  /** Sends the signal and resolves with the exit code, or null when the signal killed it. */
  end(signal: NodeJS.Signals): Promise<number | null>;
}

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
/** Below the runner's limit (`--test-timeout`), so that the log is shown, and long enough for a busy machine. */
const LOG_WAIT_MS = 240_000;

/** Short times, so that recovery is seen in seconds. */
export const QUICK_RECOVERY = {
  JOB_LOCK_SECONDS: '2',
  RESCUE_INTERVAL_SECONDS: '1',
  BREAKER_COOLDOWN_SECONDS: '1',
} as const;

/**
 * A stop interrupts the attempts at once. All of it has 10 s then, and waits for pose threads at work:
 * a test that expects it to end in order waits for `pose_model_loaded` before.
 */
export const NO_GRACE = {
  SHUTDOWN_GRACE_SECONDS: '0',
  PERSON_CHECK: 'off',
  PICTURE_CHECK: 'off',
} as const;

/** Half a day away, so that no test runs into the platform's clean-up. */
function farCleanUp(): string {
  const halfADayOn = new Date(Date.now() + 12 * 3_600_000);
  return halfADayOn.toISOString().slice(11, 16);
}

/** Starts the worker with `env` (and nothing else but PATH) and resolves when it listens. */
export async function startWorkerProcess(env: Record<string, string>): Promise<WorkerProcess> {
  const base = { PLATFORM_CLEAN_UP_UTC: farCleanUp() };
  const process_ = spawn(process.execPath, [MAIN], {
    env: {
      PATH: process.env.PATH,
      HOST: '127.0.0.1',
      PORT: '0',
      LOG_LEVEL: 'debug',
      ...base,
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  endWithThisProcess(process_);
  const log = new WorkerLog(process_);
  const exited = once(process_, 'exit');
  const died = exited.then(([code]) => {
    throw new Error(`The worker ended with ${code} before it listened:\n${log.output.join('\n')}`);
  });
  const started = await Promise.race([log.next('worker_started'), died]).catch((error) => {
    process_.kill('SIGKILL');
    throw error;
  });
  died.catch(() => undefined);
  const end = async (signal: NodeJS.Signals) => {
    if (process_.exitCode === null && process_.signalCode === null) process_.kill(signal);
    const [code] = await exited;
    return code as number | null;
  };
  return {
    process: process_,
    address: String(started.address),
    output: log.output,
    lines: log.lines,
    logged: (message, about) => log.next(message, about),
    end,
    [Symbol.asyncDispose]: async () => {
      await end('SIGKILL');
    },
  };
}

class WorkerLog {
  readonly output: string[] = [];
  readonly lines: LogLine[] = [];
  readonly #waiting = new Set<{ matches: Matches; resolve: (line: LogLine) => void }>();

  constructor({ stdout, stderr }: ChildProcess) {
    for (const stream of [stdout, stderr]) {
      if (stream) createInterface(stream).on('line', (text) => this.#add(text));
    }
  }

  next(message: string, about: About = () => true): Promise<LogLine> {
    const matches: Matches =
      typeof about === 'function' ? about : (line) => line.session_id === about.sessionId;
    const isIt: Matches = (line) => line.message === message && matches(line);
    const seen = this.lines.find(isIt);
    if (seen !== undefined) return Promise.resolve(seen);
    const { promise, resolve, reject } = Promise.withResolvers<LogLine>();
    const timer = setTimeout(() => {
      reject(new Error(`"${message}" was not logged:\n${this.output.slice(-30).join('\n')}`));
    }, LOG_WAIT_MS).unref();
    const entry = {
      matches: isIt,
      resolve: (line: LogLine) => {
        clearTimeout(timer);
        resolve(line);
      },
    };
    this.#waiting.add(entry);
    return promise;
  }

  #add(text: string): void {
    this.output.push(text);
    const line = parse(text);
    if (line === null) return;
    this.lines.push(line);
    for (const entry of this.#waiting) {
      if (!entry.matches(line)) continue;
      this.#waiting.delete(entry);
      entry.resolve(line);
    }
  }
}

function parse(text: string): LogLine | null {
  try {
    return JSON.parse(text) as LogLine;
  } catch {
    return null;
  }
}
