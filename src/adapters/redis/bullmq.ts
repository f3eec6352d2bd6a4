/**
 * What the two BullMQ queues have in common: their names, their locks, and how a stop is carried out.
 */
import { type Job as BullJob, DelayedError, Queue, WaitingError, type Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import { type JobEnd, LockLostError } from '../../ports.ts';
import { isOfConnection } from './connection.ts';

/** Keeps the queues' keys apart from the platform's in the Redis they share. */
export const PREFIX = 'wearon:bull';
export const GENERATION_QUEUE = 'generation';
export const REFUND_QUEUE = 'refund';

export interface WorkerTimes {
  readonly concurrency: number;
  /** How long a job stays with a process that has gone silent. */
  readonly lockMs: number;
}

/** Opens a queue on the caller's connection, which tells of its own errors: a queue only repeats them. */
export function openQueue<Data>(name: string, connection: Redis): Queue<Data> {
  return new Queue<Data>(name, { connection, prefix: PREFIX }).on('error', () => undefined);
}

/** Stalled jobs are looked for this often in the time of a lock. */
const STALLED_CHECKS_PER_LOCK = 4;

/** The options of both workers: a silent process's job goes on elsewhere after its lock and one check. */
export function workerOptions(connection: Redis, { concurrency, lockMs }: WorkerTimes) {
  return {
    connection,
    prefix: PREFIX,
    concurrency,
    autorun: false,
    lockDuration: lockMs,
    stalledInterval: lockMs / STALLED_CHECKS_PER_LOCK,
    runRetryDelay: 1000,
  };
}

const FINISHED_STATES: readonly string[] = ['completed', 'failed', 'unknown'];

/** Which of these jobs are not finished. */
export async function aliveAmong(queue: Queue, jobIds: readonly string[]): Promise<boolean[]> {
  const states = await Promise.all(jobIds.map((id) => queue.getJobState(id)));
  return states.map((state) => !FINISHED_STATES.includes(state));
}

/** KEYS: the job's lock, the job. ARGV: token, data. A process that lost the lock writes nothing. */
const UPDATE_DATA = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[2], 'data', ARGV[2])
return 1`;

/** Stores the job's data and prolongs its lock; rejects with LockLostError, and stores nothing, when that is not ours. */
export async function recordUnderLock<Data>(
  redis: Redis,
  job: BullJob<Data>,
  { token, lockMs }: { readonly token: string; readonly lockMs: number },
  data: Data,
): Promise<void> {
  const key = `${job.queueQualifiedName}:${job.id}`;
  const args = [`${key}:lock`, key, token, JSON.stringify(data)];
  if ((await redis.eval(UPDATE_DATA, 2, ...args)) !== 1) throw new LockLostError();
  job.data = data;
  await confirmLock(job, token, lockMs);
}

/** Resolves when the job's lock is ours for another `lockMs`; rejects with LockLostError when it is not. */
async function confirmLock(job: BullJob, token: string, lockMs: number): Promise<void> {
  if ((await job.extendLock(token, lockMs)) !== 1) throw new LockLostError();
}

/** Tells BullMQ how an attempt ended; the errors are its way of saying "moved, neither done nor failed". */
export async function endJob(job: BullJob, token: string, end: JobEnd): Promise<void> {
  switch (end.kind) {
    case 'done':
      return;
    case 'forgotten':
      job.opts.removeOnComplete = true;
      return;
    case 'again':
      await job.moveToDelayed(Date.now() + end.delayMs, token);
      throw new DelayedError();
    case 'hand_back':
      await job.moveToWait(token);
      throw new WaitingError();
    default:
      end satisfies never;
  }
}

/**
 * Starts a worker's loop. What goes wrong in it (a lock lost, say) is only noted: it goes on by
 * itself. Of a Redis that is away its connection tells.
 */
export function startWorker(worker: Worker, onError: (error: Error) => void): void {
  const note = (error: Error) => {
    if (!isOfConnection(error)) onError(error);
  };
  worker.on('error', note);
  worker.run().catch(note);
}
