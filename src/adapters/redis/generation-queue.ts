/**
 * The generation jobs on BullMQ. A job's id is its session's id and its data the task and the
 * journal, so a session has at most one job and a later attempt knows what earlier ones did.
 */
import { type Job as BullJob, type Queue, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import type { GenerationJobs, Job, JobEnd, Journal, Task } from '../../ports.ts';
import {
  aliveAmong,
  endJob,
  GENERATION_QUEUE,
  openQueue,
  recordUnderLock,
  startWorker,
  type WorkerTimes,
  workerOptions,
} from './bullmq.ts';
import { drainingSince } from './drain.ts';
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

/** A BullMQ job under our lock. */
class LockedJob implements Job {
  readonly #redis: Redis;
  readonly #job: BullJob<JobData>;
  readonly #token: string;
  readonly #lockMs: number;

  constructor(redis: Redis, job: BullJob<JobData>, token: string, lockMs: number) {
    this.#redis = redis;
    this.#job = job;
    this.#token = token;
    this.#lockMs = lockMs;
  }

  get task(): Task {
    return this.#job.data.task;
  }

  get journal(): Journal {
    return this.#job.data.journal;
  }

  record(journal: Journal): Promise<void> {
    const lock = { token: this.#token, lockMs: this.#lockMs };
    return recordUnderLock(this.#redis, this.#job, lock, { task: this.task, journal });
  }
}

/** An order of jobs that could not be noted costs no job its end. */
function ignore(): void {}

export type RunJob = (job: Job, signal: AbortSignal) => Promise<JobEnd>;

/** Runs the attempts, at most `concurrency` at a time, until `stop`. */
export class BullGenerationWorker {
  readonly #worker: Worker<JobData>;
  readonly #running = new Map<string, AbortController>();

  constructor(connection: Redis, times: WorkerTimes, run: RunJob, onError: (error: Error) => void) {
    const process = async (job: BullJob<JobData>, token = '') => {
      const id = job.data.task.sessionId;
      const abort = new AbortController();
      this.#running.set(id, abort);
      try {
        beginRound(connection, job.priority).catch(ignore);
        const end = await run(new LockedJob(connection, job, token, times.lockMs), abort.signal);
        if (end.kind === 'again') {
          await job.changePriority({ priority: HAD_ITS_TURN }).catch(ignore);
        }
        await endJob(job, token, end);
      } finally {
        if (this.#running.get(id) === abort) this.#running.delete(id);
      }
    };
    const options = { ...workerOptions(connection, times), maxStalledCount: MOST_STALLS };
    this.#worker = new Worker(GENERATION_QUEUE, process, options);
    this.#worker.on('lockRenewalFailed', (ids) => {
      for (const id of ids) this.#running.get(id)?.abort();
    });
    startWorker(this.#worker, onError);
  }

  /** Attempts that run now. */
  get activeCount(): number {
    return this.#running.size;
  }

  /** Whether the loop that fetches jobs is alive. */
  get isRunning(): boolean {
    return this.#worker.isRunning();
  }

  /** Takes no new job, lets the running attempts finish for `graceMs`, then has them hand their jobs back. */
  async stop(graceMs: number): Promise<void> {
    const hardStop = setTimeout(() => {
      for (const abort of this.#running.values()) abort.abort();
    }, graceMs);
    await this.#worker.close();
    clearTimeout(hardStop);
  }
}
