/**
 * What the BullMQ queues have in common: their names, how they are opened, and what is read of
 * their jobs.
 */
import { ErrorCode, type Job, Queue, type QueueOptions } from 'bullmq';
import type { Redis } from 'ioredis';

/** Keeps the queues' keys apart from the platform's in the Redis they share. */
export const PREFIX = 'wearon:bull';
export const GENERATION_QUEUE = 'generation';
export const REFUND_QUEUE = 'refund';
export const WEBHOOK_QUEUE = 'webhook';

/** The id of a session's refund job; a generation job's is the session's own. */
export function refundJobId(sessionId: string): string {
  return `refund-${sessionId}`;
}

/** Opens a queue on the caller's connection, which reports its own errors: a queue only repeats them. */
export function openQueue<Data>(
  name: string,
  connection: Redis,
  more: Partial<QueueOptions> = {},
): Queue<Data> {
  // The check of the version needs INFO, which a restricted user may not have.
  const options = { connection, prefix: PREFIX, skipVersionCheck: true, ...more };
  return new Queue<Data>(name, options).on('error', () => undefined);
}

/** Opens the queue for `use`, and closes it. */
export async function withQueue<Data, T>(
  connection: Redis,
  name: string,
  use: (queue: Queue<Data>) => Promise<T>,
): Promise<T> {
  await using stack = new AsyncDisposableStack();
  const queue = openQueue<Data>(name, connection, { skipMetasUpdate: true });
  return await use(stack.adopt(queue, () => queue.close()));
}

const FINISHED_STATES: readonly string[] = ['completed', 'failed', 'unknown'];

/** Which of these sessions have a job that is not finished; `jobIdOf` names a session's job. */
export async function aliveAmong(
  queue: Queue,
  sessionIds: readonly string[],
  jobIdOf: (sessionId: string) => string,
): Promise<Set<string>> {
  const states = await Promise.all(sessionIds.map((id) => queue.getJobState(jobIdOf(id))));
  return new Set(sessionIds.filter((_, at) => !FINISHED_STATES.includes(states[at] ?? 'unknown')));
}

const MOVED_MEANWHILE: unknown[] = [ErrorCode.JobNotInState, ErrorCode.JobNotExist];

/**
 * Lets a job that waits for its time, or that has ended, run now. False when there is nothing to do:
 * it runs or is due, perhaps because another operator or a worker was faster. One that has ended is
 * prepared by `beforeRetry`.
 */
export async function runNow(
  job: Job,
  beforeRetry: () => Promise<void> = async () => undefined,
): Promise<boolean> {
  const state = await job.getState();
  try {
    if (state === 'delayed') await job.promote();
    else if (state === 'completed' || state === 'failed') {
      await beforeRetry();
      await job.retry(state);
    } else return false;
    return true;
  } catch (error) {
    if (MOVED_MEANWHILE.includes((error as { code?: unknown }).code)) return false;
    throw error;
  }
}

/** When a delayed job is due, ms since the epoch. BullMQ sorts them by it, shifted left by 12 bits. */
export async function nextAttemptMs(redis: Redis, job: Job): Promise<number | undefined> {
  const score = await redis.zscore(`${job.queueQualifiedName}:delayed`, job.id ?? '');
  return score === null ? undefined : Math.floor(Number(score) / 4096);
}
