/**
 * What the BullMQ queues have in common: their names, how they are opened, and which of their
 * jobs are not finished.
 */
import { Queue } from 'bullmq';
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
export function openQueue<Data>(name: string, connection: Redis): Queue<Data> {
  // The check of the version needs INFO, which a restricted user may not have.
  const options = { connection, prefix: PREFIX, skipVersionCheck: true };
  return new Queue<Data>(name, options).on('error', () => undefined);
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
