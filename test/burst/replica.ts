/**
 * A replica of the worker that is killed and started again, and what its processes said.
 */
import { type LogLine, startWorkerProcess, type WorkerProcess } from '../support/worker-process.ts';

/** A session that a killed process was working on. */
export interface Orphan {
  readonly sessionId: string;
  readonly killedAtMs: number;
}

const BEGINS = 'generation_processing';
const ENDS = [
  'generation_completed',
  'generation_retried',
  'generation_skipped',
  'generation_interrupted',
  'attempt_failed',
];

export class Replica implements AsyncDisposable {
  readonly #env: Record<string, string>;
  #worker: WorkerProcess | null = null;
  kills = 0;
  readonly orphans: Orphan[] = [];
  /** Everything that its processes logged about sessions, oldest first. */
  readonly said: { readonly sessionId: string; readonly atMs: number; readonly line: LogLine }[] =
    [];

  constructor(env: Record<string, string>) {
    this.#env = env;
  }

  async start(): Promise<void> {
    this.#worker ??= await startWorkerProcess(this.#env);
  }

  /** SIGKILL; resolves when the process is gone. */
  async kill(): Promise<void> {
    const worker = this.#worker;
    if (worker === null) return;
    this.#worker = null;
    const killedAtMs = Date.now();
    await worker.end('SIGKILL');
    this.kills += 1;
    this.#take(worker);
    for (const sessionId of underWay(worker.lines)) this.orphans.push({ sessionId, killedAtMs });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#worker === null) return;
    await this.#worker.end('SIGKILL');
    this.#take(this.#worker);
    this.#worker = null;
  }

  #take({ lines }: WorkerProcess): void {
    for (const line of lines) {
      const { session_id: sessionId } = line;
      if (sessionId === undefined) continue;
      this.said.push({ sessionId, atMs: Date.parse(String(line.time)), line });
    }
  }
}

/** The sessions whose attempt began and did not end. */
function underWay(lines: readonly LogLine[]): Set<string> {
  const sessions = new Set<string>();
  for (const { message, session_id: sessionId } of lines) {
    if (sessionId === undefined) continue;
    if (message === BEGINS) sessions.add(sessionId);
    else if (ENDS.includes(message)) sessions.delete(sessionId);
  }
  return sessions;
}
