/**
 * Runs the jobs of one BullMQ queue under our own locks, until it is closed. Errors of its loop
 * only make it rest: it goes on by itself.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { DelayedError, UnrecoverableError, WaitingError, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import { repeat } from '../../../concurrency/repeat.ts';
import type { JobEnd } from '../../../ports/jobs.ts';
import { isConnectionError } from '../connection.ts';
import { PREFIX } from './bullmq.ts';
import { type HeldJob, JobLocks, RENEWALS_PER_LOCK } from './job-locks.ts';
import { checkStalledJobs } from './stalled-jobs.ts';

export interface WorkerSettings {
  /** Jobs that run at the same time. */
  readonly concurrency: number;
  /** Job lock duration: if a worker dies, another takes the job over within 1.5 times this. */
  readonly lockMs: number;
}

interface JobWorkerOptions<Data> extends WorkerSettings {
  /** A job that stalled more often than this is failed. Default: never. */
  readonly maxStalls?: number;
  /** What a job of any release holds; null where this one cannot read it. */
  readonly read: (stored: unknown) => Data | null;
  readonly run: (held: HeldJob<Data>) => Promise<JobEnd>;
  /** Gets the errors of the loop; connections report their own. */
  readonly onError: (error: Error) => void;
}

/** Pause after an error answer of Redis: BullMQ's loop would ask again at once. */
const REST_MS = 1000;
const NEVER = 1_000_000;
/**
 * A job that this release cannot read is left to the other release of a rolling update until it is so
 * old. Then it is removed, as after a rollback: the rows still show what it was about.
 */
const LEFT_TO_OTHERS_MS = 10 * 60_000;
const UNREADABLE_DELAY_MS = 5000;
const REQUEUE: JobEnd = { kind: 'requeue' };

export class JobWorker<Data> implements AsyncDisposable {
  readonly #worker: Worker<Data>;
  readonly #locks: JobLocks<Data>;
  readonly #stop = new AbortController();
  readonly #onError: (error: Error) => void;
  #isResting = false;
  #isSuspended = false;

  constructor(connection: Redis, queue: string, options: JobWorkerOptions<Data>) {
    const { concurrency, lockMs, maxStalls = NEVER, onError } = options;
    const intervalMs = lockMs / RENEWALS_PER_LOCK;
    this.#onError = (error) => {
      if (!isConnectionError(error) && !this.#stop.signal.aborted) onError(error);
    };
    this.#locks = new JobLocks(connection, `${PREFIX}:${queue}:`, lockMs);
    this.#worker = new Worker<Data>(
      queue,
      async (job, token = '') => {
        using held = this.#locks.hold(job, token);
        // A job that was fetched in the moment of the stop is requeued.
        const isClosing = this.#worker.closing !== undefined;
        await this.#end(held, isClosing ? REQUEUE : await this.#run(held, options));
      },
      {
        connection,
        prefix: PREFIX,
        concurrency,
        autorun: false,
        lockDuration: lockMs,
        stalledInterval: intervalMs,
        maxStalledCount: maxStalls,
        skipLockRenewal: true,
        skipStalledCheck: true,
        // The check needs INFO, which a restricted user may not have.
        skipVersionCheck: true,
        runRetryDelay: REST_MS,
      },
    );
    this.#worker.on('error', (error) => {
      this.#onError(error);
      if (!isConnectionError(error)) this.#rest().catch(this.#onError);
    });
    this.#worker.run().catch(this.#onError);
    // In this order: what runs here has its locks again before anyone looks for stalled jobs.
    const keepLocks = async () => {
      await this.#locks.renew();
      await checkStalledJobs(connection, this.#worker, intervalMs);
    };
    void repeat(keepLocks, intervalMs, this.#stop.signal, this.#onError);
  }

  /** Jobs that run now. */
  get activeCount(): number {
    return this.#locks.size;
  }

  /** Whether jobs are fetched. */
  get isRunning(): boolean {
    return this.#worker.isRunning() && !this.#worker.isPaused();
  }

  /** Fetches no job while suspended; running attempts continue. */
  suspend(isSuspended: boolean): void {
    this.#isSuspended = isSuspended;
    this.#pauseOrResume().catch(this.#onError);
  }

  /** Fetches no new job; what runs may end for `graceMs`, then its job is requeued. */
  async stop(graceMs: number): Promise<void> {
    const hardStop = setTimeout(() => this.#locks.abortAll(), graceMs);
    await this[Symbol.asyncDispose]();
    clearTimeout(hardStop);
  }

  /** Fetches no new job; resolves when what runs has ended. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker.close();
    this.#stop.abort();
  }

  async #run(held: HeldJob<Data>, { read, run }: JobWorkerOptions<Data>): Promise<JobEnd> {
    const { job } = held;
    const data = read(job.data);
    if (data === null) {
      const ageMs = Date.now() - job.timestamp;
      if (ageMs < LEFT_TO_OTHERS_MS) return { kind: 'again', delayMs: UNREADABLE_DELAY_MS };
      this.#onError(new Error(`The data of job ${job.id} cannot be read`));
      return { kind: 'forgotten' };
    }
    job.data = data;
    return await run(held);
  }

  async #rest(): Promise<void> {
    if (this.#isResting) return;
    this.#isResting = true;
    await this.#pauseOrResume();
    await sleep(REST_MS, undefined, { ref: false });
    this.#isResting = false;
    await this.#pauseOrResume();
  }

  async #pauseOrResume(): Promise<void> {
    if (this.#isResting || this.#isSuspended) await this.#worker.pause(true);
    else if (this.#worker.isPaused() && this.#worker.closing === undefined)
      await this.#worker.resume();
  }

  /** Reports to BullMQ how an attempt ended: there these errors mean "moved, neither done nor failed". */
  async #end(held: HeldJob<Data>, end: JobEnd): Promise<void> {
    const { job, token } = held;
    switch (end.kind) {
      case 'done':
        return;
      case 'forgotten':
        job.opts.removeOnComplete = true;
        return;
      case 'again': {
        const nowMs = await held.confirm();
        const backend = this.#worker.getBackend();
        await backend.moveToDelayed(String(job.id), nowMs, end.delayMs, token, {
          skipAttempt: true,
        });
        throw new DelayedError();
      }
      case 'requeue':
        await held.confirm();
        await job.moveToWait(token);
        throw new WaitingError();
      case 'given_up':
        throw new UnrecoverableError(end.reason);
      default:
        end satisfies never;
    }
  }
}
