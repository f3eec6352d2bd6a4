/**
 * Intake: takes tasks off the platform's list and hands them over as jobs. A task is on a list
 * until its job exists, so a crash anywhere in between costs nothing: the leftovers are run again,
 * and adding the same job twice adds one.
 */
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RecordEvent } from '../ports/events.ts';
import type { GenerationJobs } from '../ports/jobs.ts';
import type { Refunds } from '../ports/refunds.ts';
import type { SessionRef } from '../ports/session.ts';
import type { TaskSource } from '../ports/task-source.ts';
import { deadLetter } from './dead-letter.ts';
import { refundIntent } from './refund-intent.ts';
import { isRejection, parseTask, type Rejection } from './task.ts';

export interface IntakeDeps {
  readonly source: TaskSource;
  readonly jobs: GenerationJobs;
  readonly refunds: Refunds;
  readonly record: RecordEvent;
  readonly maxImages: number;
  /** Whether tasks must stay on the list for now; never without it. */
  readonly isHeld?: () => boolean;
}

/** How long a take waits for a task: bounded, so that a half-open connection is noticed. */
const TAKE_WAIT_SECONDS = 5;
const HELD_WAIT_MS = 100;
/** Hand-overs at the same time: most of each is waiting for Redis. */
const HAND_OVERS_AT_ONCE = 32;
const ERROR_WAIT_MS = 1000;
/** A failed hand-over is tried again after 1, 2, 4 … s; after so many tries the sweep takes it over. */
const MOST_TRIES = 6;
/** After so many failed leftovers we assume that Redis is away. */
const MOST_FAILURES = 5;

async function reject(raw: Buffer, rejection: Rejection, deps: IntakeDeps): Promise<void> {
  const { salvaged, error, reason } = rejection;
  deps.record({
    event: 'task_rejected',
    task: salvaged,
    reason,
    sizeBytes: raw.byteLength,
    sha256: createHash('sha256').update(raw).digest('hex'),
  });
  if (salvaged !== null && !(await hasJob(salvaged, deps))) {
    await deps.refunds.add(refundIntent(salvaged, salvaged.requestId, error));
  }
  await deps.source.bury(raw, deadLetter(raw, reason, salvaged?.sessionId ?? null));
}

/** Whether a job, perhaps with a paid call under way, will end the session. */
async function hasJob({ sessionId }: SessionRef, { jobs }: IntakeDeps): Promise<boolean> {
  return (await jobs.aliveAmong([sessionId])).has(sessionId);
}

/** Hands one message on the intake list over: to the jobs, or to the dead letters. */
async function admit(raw: Buffer, deps: IntakeDeps): Promise<void> {
  const task = parseTask(raw, deps.maxImages, new Date());
  if (isRejection(task)) return reject(raw, task, deps);
  // Left on the intake list while another owner's task stands under the session's name.
  if (!(await deps.jobs.add(task))) return;
  // A sweep may hand the task over at the same time: one of the two records it.
  if (await deps.source.acknowledge(raw)) deps.record({ event: 'task_received', task });
}

/** As `admit`, with some tries. What fails stays on the intake list. */
async function admitWithRetries(raw: Buffer, deps: IntakeDeps, signal: AbortSignal): Promise<void> {
  for (let tries = 1; !signal.aborted; tries += 1) {
    try {
      return await admit(raw, deps);
    } catch (error) {
      noteError(error, deps);
      if (tries === MOST_TRIES) return;
    }
    await sleep(ERROR_WAIT_MS * 2 ** (tries - 1), undefined, { signal }).catch(() => undefined);
  }
}

function noteError(error: unknown, { record }: IntakeDeps): void {
  record({ event: 'loop_error', loop: 'intake', error: error as Error });
}

/**
 * Finishes every hand-over that was cut short, until the signal. Harmless while a hand-over is under
 * way. Errors are logged and skipped; after five we assume an outage and throw.
 */
export async function admitLeftovers(deps: IntakeDeps, signal: AbortSignal): Promise<void> {
  let failures = 0;
  for (const raw of await deps.source.leftovers()) {
    if (signal.aborted) return;
    try {
      await admit(raw, deps);
    } catch (error) {
      failures += 1;
      if (failures === MOST_FAILURES) throw error;
      noteError(error, deps);
    }
  }
}

/**
 * Takes every task there is, until the signal; survives Redis being away. In which order they are
 * run is decided among the jobs, where each owner's are known.
 */
export async function runIntake(deps: IntakeDeps, signal: AbortSignal): Promise<void> {
  const handOvers = new Set<Promise<void>>();
  while (!signal.aborted) {
    try {
      if (deps.isHeld?.()) {
        await sleep(HELD_WAIT_MS, undefined, { signal });
        continue;
      }
      const free = HAND_OVERS_AT_ONCE - handOvers.size;
      for (const raw of await deps.source.take(TAKE_WAIT_SECONDS, free)) {
        const handOver = admitWithRetries(raw, deps, signal).finally(() =>
          handOvers.delete(handOver),
        );
        handOvers.add(handOver);
      }
      if (handOvers.size >= HAND_OVERS_AT_ONCE) await Promise.race(handOvers);
    } catch (error) {
      if (signal.aborted) break;
      noteError(error, deps);
      await sleep(ERROR_WAIT_MS, undefined, { signal }).catch(() => undefined);
    }
  }
  await Promise.all(handOvers);
}
