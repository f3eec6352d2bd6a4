/**
 * The generation jobs on BullMQ. A job's id is its session's id and its data the task and the
 * journal, so a session has at most one job and a later attempt knows what earlier ones did.
 */
import type { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import type { GenerationJobs, Job, JobEnd } from '../../../ports/jobs.ts';
import type { Task } from '../../../ports/session.ts';
import {
  aliveAmong,
  GENERATION_QUEUE,
  openQueue,
  PREFIX,
  REFUND_QUEUE,
  refundJobId,
} from './bullmq.ts';
import { nextRound, othersWait, RETRY_PRIORITY, roundStarted } from './fair-queue.ts';
import { type JobData, newJobData, readJobData } from './job-data.ts';
import type { HeldJob } from './job-locks.ts';
import { JobWorker, type WorkerSettings } from './job-worker.ts';

/** Finished jobs are kept for a while, so that an operator can look at them. */
const KEPT_WHEN_DONE = { age: 600, count: 1000 };
/** A job whose process went silent more often than this is given up: it may be what kills them. */
const MOST_STALLS = 5;
const MOST_GIVEN_UP_AT_ONCE = 500;
/** Of a process's slots one owner gets at most so much while others wait. */
const OWNER_SHARE = 0.5;

/**
 * Removes a job that is done, so that its session may have another: the row decides what is to be
 * done. Not while its refund is outstanding. KEYS: done jobs, the job, its refund. ARGV: the job's id.
 */
const REMOVE_DONE = `
if redis.call('EXISTS', KEYS[3]) == 1 then return end
if redis.call('ZREM', KEYS[1], ARGV[1]) == 1 then redis.call('DEL', KEYS[2]) end`;

/** The jobs for the intake and the rescue, in the order of the fair queue. */
export class BullGenerationJobs implements GenerationJobs, AsyncDisposable {
  readonly #queue: Queue<JobData>;
  readonly #redis: Redis;

  constructor(connection: Redis) {
    this.#redis = connection;
    this.#queue = openQueue(GENERATION_QUEUE, connection);
  }

  async add(task: Task): Promise<boolean> {
    const prefix = `${PREFIX}:${GENERATION_QUEUE}`;
    const refund = `${PREFIX}:${REFUND_QUEUE}:${refundJobId(task.sessionId)}`;
    const keys = [`${prefix}:completed`, `${prefix}:${task.sessionId}`, refund];
    const [priority] = await Promise.all([
      nextRound(this.#redis, task.ownerId),
      this.#redis.eval(REMOVE_DONE, keys.length, ...keys, task.sessionId),
    ]);
    await this.#queue.add('generate', newJobData(task), {
      jobId: task.sessionId,
      // A job is as old as its task.
      timestamp: Date.parse(task.createdAt),
      priority,
      removeOnComplete: KEPT_WHEN_DONE,
    });
    const kept = readJobData((await this.#queue.getJob(task.sessionId))?.data)?.task;
    return kept?.ownerId === task.ownerId && kept.channel === task.channel;
  }

  aliveAmong(sessionIds: readonly string[]): Promise<Set<string>> {
    return aliveAmong(this.#queue, sessionIds, (id) => id);
  }

  async givenUp(): Promise<Task[]> {
    const jobs = await this.#queue.getFailed(0, MOST_GIVEN_UP_AT_ONCE - 1);
    return jobs.flatMap(({ data }) => readJobData(data)?.task ?? []);
  }

  async forget(sessionId: string): Promise<void> {
    await this.#queue.remove(sessionId);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#queue.close();
  }
}

/** A failure to save the order of jobs fails no job. */
function ignore(): void {}

/** Runs the attempts, of one owner no more than its share of the slots while another owner waits. */
export function generationWorker(
  redis: Redis,
  settings: WorkerSettings,
  run: (job: Job, signal: AbortSignal) => Promise<JobEnd>,
  onError: (error: Error) => void,
): JobWorker<JobData> {
  const share = Math.ceil(settings.concurrency * OWNER_SHARE);
  /** The owners of the attempts that run, each as often as it has attempts. */
  const owners: string[] = [];
  const runInShare = async (held: HeldJob<JobData>): Promise<JobEnd> => {
    const { task, ended } = held.job.data;
    if (ended) return { kind: 'done' };
    const { ownerId } = task;
    const owned = owners.filter((owner) => owner === ownerId).length;
    if (owned >= share && (await othersWait(redis, ownerId))) {
      await held.job.changePriority({ priority: await nextRound(redis, ownerId) });
      return { kind: 'requeue' };
    }
    owners.push(ownerId);
    try {
      roundStarted(redis, held.job.priority).catch(ignore);
      const end = await run(asJob(held), held.signal);
      if (end.kind === 'done') await strip(held).catch(ignore);
      if (end.kind === 'again') {
        const priority = end.behindOthers ? await nextRound(redis, ownerId) : RETRY_PRIORITY;
        await held.job.changePriority({ priority }).catch(ignore);
      }
      return end;
    } finally {
      owners.splice(owners.indexOf(ownerId), 1);
    }
  };
  const options = {
    ...settings,
    maxStalls: MOST_STALLS,
    onError,
    read: readJobData,
    run: runInShare,
  };
  return new JobWorker(redis, GENERATION_QUEUE, options);
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
    stalls: job.stalledCounter,
    record: (journal) => held.record({ ...job.data, journal }),
  };
}

/** Keeps no link and no prompt of a task that is over; a crash after this runs no attempt again. */
function strip({ job: { data }, record }: HeldJob<JobData>): Promise<void> {
  const task = { ...data.task, imageUrls: [], prompt: '' };
  return record({ ...data, task, ended: true });
}
