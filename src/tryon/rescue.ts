/**
 * Rescue: completes or refunds lost sessions. It touches only what is provably lost:
 * older than the least age, and on no list, in no job and in no refund.
 */
import { TaskError } from '../errors.ts';
import type { GenerationJobs } from '../ports/jobs.ts';
import type { Refunds } from '../ports/refunds.ts';
import { isTerminal, type Session, type SessionRef } from '../ports/session.ts';
import type { TaskSource } from '../ports/task-source.ts';
import { type CompleteDeps, complete, NOTHING_KNOWN } from './complete.ts';
import { cleanUpMsLeft } from './platform-clean-up.ts';
import { refundIntent } from './refund-intent.ts';
import { linkToStored } from './store.ts';

export interface RescueDeps extends CompleteDeps {
  readonly source: Pick<TaskSource, 'waitingSessionIds'>;
  readonly jobs: Pick<GenerationJobs, 'aliveAmong' | 'givenUp' | 'forget'>;
  readonly refunds: Refunds;
  readonly minAgeSeconds: number;
  /** When the platform's daily clean-up starts, in minutes after midnight UTC. */
  readonly platformCleanUpMinute: number;
  /** Only record what would be rescued. */
  readonly dryRun?: boolean;
}

/** How many sessions are looked up in the queues at once. */
const BATCH = 200;
/** Errors in one batch after which we assume that the database or the storage is away. */
const MOST_FAILURES = 5;

/**
 * One sweep over given-up jobs and lost sessions of both channels, which begins no other session
 * after the signal. Returns how many it ended.
 */
export async function rescue(deps: RescueDeps, signal?: AbortSignal): Promise<number> {
  let rescued = await rescueGivenUp(deps, signal);
  if (signal?.aborted) return rescued;
  const before = new Date(Date.now() - deps.minAgeSeconds * 1000);
  // People's sessions wait: both sweeps would end the same ones.
  const isCleanUp = cleanUpMsLeft(deps.platformCleanUpMinute, Date.now()) > 0;
  let batch: Session[] = [];
  for await (const session of deps.sessions.unfinished(before)) {
    if (signal?.aborted) return rescued;
    if (session.channel === 'b2c' && isCleanUp) continue;
    batch.push(session);
    if (batch.length === BATCH) {
      rescued += await rescueLost(batch, deps, signal);
      batch = [];
    }
  }
  return rescued + (await rescueLost(batch, deps, signal));
}

/** Jobs that stalled too often are failed by the queue without their attempt being run. */
async function rescueGivenUp(deps: RescueDeps, signal?: AbortSignal): Promise<number> {
  return rescueEach(await deps.jobs.givenUp(), deps, signal, async (task) => {
    await endSession(task, task.requestId, deps);
    if (!deps.dryRun) await deps.jobs.forget(task.sessionId);
    return true;
  });
}

async function rescueLost(
  sessions: readonly Session[],
  deps: RescueDeps,
  signal?: AbortSignal,
): Promise<number> {
  if (sessions.length === 0) return 0;
  const ids = sessions.map(({ sessionId }) => sessionId);
  // In the order in which a task moves on, so that none is missed between two reads.
  const waiting = await deps.source.waitingSessionIds();
  const inJobs = await deps.jobs.aliveAmong(ids);
  const inRefunds = await deps.refunds.aliveAmong(ids);
  const lost = sessions.filter(
    ({ sessionId: id }) => !waiting.has(id) && !inJobs.has(id) && !inRefunds.has(id),
  );
  return rescueEach(lost, deps, signal, async (session) => {
    // Its job may have ended it since the rows were read.
    if (!(await isUnfinished(session, deps))) return false;
    await endSession(session, session.requestId, deps);
    return true;
  });
}

async function isUnfinished(ref: SessionRef, { sessions }: RescueDeps): Promise<boolean> {
  const row = await sessions.find(ref);
  return row !== null && !isTerminal(row);
}

/**
 * Sequentially, until the signal. Errors are logged and skipped; after MOST_FAILURES in one batch we
 * assume an outage and rethrow. Returns how many were rescued.
 */
async function rescueEach<T>(
  them: readonly T[],
  { record }: Pick<RescueDeps, 'record'>,
  signal: AbortSignal | undefined,
  rescueOne: (one: T) => Promise<boolean>,
): Promise<number> {
  let rescued = 0;
  let failures = 0;
  for (const one of them) {
    if (signal?.aborted) break;
    try {
      if (await rescueOne(one)) rescued += 1;
    } catch (error) {
      failures += 1;
      if (failures === MOST_FAILURES) throw error;
      record({ event: 'loop_error', loop: 'rescue', error: error as Error });
    }
  }
  return rescued;
}

/** Finishes the session when its picture is stored; else it fails and is refunded. */
async function endSession(
  { channel, ownerId, sessionId }: SessionRef,
  requestId: string | null,
  deps: RescueDeps,
): Promise<void> {
  const task = { channel, ownerId, sessionId, requestId };
  const link = await linkToStored(task, deps.imageStore);
  const end = () =>
    link === null
      ? deps.refunds.add(refundIntent(task, requestId, new TaskError('ABANDONED')))
      : complete(task, { ...NOTHING_KNOWN, imageUrl: link, completedAt: new Date() }, deps);
  if (!deps.dryRun) await end();
  deps.record({ event: 'session_rescued', task, by: link === null ? 'refund' : 'completion' });
}
