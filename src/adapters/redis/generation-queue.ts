/**
 * The generation jobs on BullMQ. A job's id is its session's id and its data the task and the
 * journal, so a session has at most one job and a later attempt knows what earlier ones did.
 */
import type { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import type { GenerationJobs, Job, JobEnd, Journal, Task } from '../../ports.ts';
import { aliveAmong, GENERATION_QUEUE, openQueue } from './bullmq.ts';
import { drainingSince } from './drain.ts';
import type { HeldJob } from './job-locks.ts';
import { JobWorker } from './job-worker.ts';
import { beginRound, takeTurn } from './turns.ts';

interface JobData {
  readonly task: Task;
  readonly journal: Journal;
}

const EMPTY_JOURNAL: Journal = { failures: {}, providerCalls: 0, callOpen: false, result: null };
/** Finished jobs are kept for a while, so that an operator can look at them. */
const KEPT_WHEN_DONE = { age: 600, count: 1000 };
/** A job whose process went silent more often than this is given up: it may be what kills them. */
const MOST_STALLS = 5;
const MOST_GIVEN_UP_AT_ONCE = 500;
/** The priority of a job that waits for another attempt: it goes before all that wait for a first. */
const HAD_ITS_TURN = 0;

/** The jobs as the intake and the rescue see them. Owners take turns, however many jobs each has. */
export class BullGenerationJobs implements GenerationJobs, AsyncDisposable {
  readonly #queue: Queue<JobData>;
  readonly #redis: Redis;

  constructor(connection: Redis) {
    this.#redis = connection;
    this.#queue = openQueue(GENERATION_QUEUE, connection);
  }

  async add(task: Task): Promise<boolean> {
    await this.#queue.add(
      'generate',
      { task, journal: EMPTY_JOURNAL },
      {
        jobId: task.sessionId,
        // A job is as old as its task.
        timestamp: Date.parse(task.createdAt),
        priority: await takeTurn(this.#redis, task.ownerId),
        removeOnComplete: KEPT_WHEN_DONE,
      },
    );
    const kept = (await this.#queue.getJob(task.sessionId))?.data.task;
    return kept?.ownerId === task.ownerId && kept.channel === task.channel;
  }

  async areDraining(): Promise<boolean> {
    return (await drainingSince(this.#redis)) !== null;
  }

  async aliveAmong(sessionIds: readonly string[]): Promise<Set<string>> {
    const alive = await aliveAmong(this.#queue, sessionIds);
    return new Set(sessionIds.filter((_, index) => alive[index]));
  }

  async givenUp(): Promise<Task[]> {
    const jobs = await this.#queue.getFailed(0, MOST_GIVEN_UP_AT_ONCE - 1);
    return jobs.map((job) => job.data.task);
  }

  async forget(sessionId: string): Promise<void> {
    await this.#queue.remove(sessionId);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#queue.close();
  }
}

/** An order of jobs that could not be noted costs no job its end. */
function ignore(): void {}

export type RunJob = (job: Job, signal: AbortSignal) => Promise<JobEnd>;

/** The attempts that run at the same time, and how long a job stays with a process that died. */
export interface AttemptTimes {
  readonly concurrency: number;
  readonly lockMs: number;
}

/** Runs the attempts, at most `concurrency` at a time, until `stop`. */
export class BullGenerationWorker {
  readonly #worker: JobWorker<JobData>;

  constructor(
    connection: Redis,
    times: AttemptTimes,
    run: RunJob,
    onError: (error: Error) => void,
  ) {
    this.#worker = new JobWorker<JobData>(connection, GENERATION_QUEUE, {
      ...times,
      maxStalls: MOST_STALLS,
      onError,
      run: async (held) => {
        beginRound(connection, held.job.priority).catch(ignore);
        const end = await run(asJob(held), held.signal);
        if (end.kind === 'again') {
          await held.job.changePriority({ priority: HAD_ITS_TURN }).catch(ignore);
        }
        return end;
      },
    });
  }

  /** Attempts that run now. */
  get activeCount(): number {
    return this.#worker.activeCount;
  }

  /** Whether the loop that fetches jobs is alive. */
  get isRunning(): boolean {
    return this.#worker.isRunning;
  }

  /** Fetches no job while suspended; running attempts go on. */
  suspend(isSuspended: boolean): void {
    this.#worker.suspend(isSuspended);
  }

  /** Takes no new job, lets the running attempts finish for `graceMs`, then has them hand their jobs back. */
  async stop(graceMs: number): Promise<void> {
    const hardStop = setTimeout(() => this.#worker.abortAll(), graceMs);
    await this.#worker.close();
    clearTimeout(hardStop);
  }
}

function asJob(held: HeldJob<JobData>): Job {
  const { job } = held;
  return {
    get task() {
      return job.data.task;
    },
    get journal() {
      return job.data.journal;
    },
    record: (journal) => held.record({ task: job.data.task, journal }),
  };
}
