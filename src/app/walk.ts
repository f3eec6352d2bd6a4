/**
 * Puts the walk together: the intake, the attempts, the refunds, and the sweeps over what was lost
 * and what is past its hours. And how all of it stops.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { evictionRisk } from '../adapters/redis/connection.ts';
import { BullGenerationWorker } from '../adapters/redis/generation-queue.ts';
import { BullRefundWorker } from '../adapters/redis/refund-queue.ts';
import type { Config } from '../config.ts';
import { DECODE_BUDGET_BYTES } from '../images/decode.ts';
import type { JobEnd } from '../ports.ts';
import { repeat } from '../repeat.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Tracing } from '../telemetry/tracing.ts';
import { admitLeftovers, type IntakeDeps, runIntake } from '../tryon/intake.ts';
import { recoverLostRefunds } from '../tryon/lost-refunds.ts';
import { rescue } from '../tryon/rescue.ts';
import { runJob, runRefund } from '../tryon/run-job.ts';
import { Semaphore } from '../tryon/semaphore.ts';
import type { Adapters } from './adapters.ts';
import { runRetention } from './retention.ts';

const REFUNDS_AT_ONCE = 10;
const WATCHDOG_INTERVAL_MS = 5000;
/**
 * What the stop gets beyond the grace, to hand jobs back and to end the steps that loops are in. With
 * Redis away that may take for ever; whatever is cut off is run again.
 */
const MARGIN_MS = 5000;
const HAND_BACK: JobEnd = { kind: 'hand_back' };

/** The walk under way; disposing of it stops it, without losing anything. */
export interface Walk extends AsyncDisposable {
  /** Whether jobs are fetched. */
  readonly isRunning: boolean;
  readonly isStopping: boolean;
  readonly attemptsRunning: number;
}

/**
 * Starts to take tasks, to run jobs and to sweep. At a stop nothing new is begun from the first
 * moment on. What runs has the grace to end: then attempts hand their jobs back.
 */
export function startWalk(
  config: Config,
  adapters: Adapters,
  { logger, tracing }: { readonly logger: Logger; readonly tracing: Tracing },
): Walk {
  const stop = new AbortController();
  const refunds = startRefunds(config, adapters, tracing, stop.signal);
  const attempts = startAttempts(config, adapters, tracing, stop.signal);
  const loops = startLoops(config, adapters, logger, stop.signal);
  const graceMs = config.shutdownGraceSeconds * 1000;
  return {
    get isRunning() {
      return attempts.isRunning;
    },
    get isStopping() {
      return stop.signal.aborted;
    },
    get attemptsRunning() {
      return attempts.activeCount;
    },
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      adapters.blocking.disconnect();
      await atMost(
        graceMs + MARGIN_MS,
        Promise.all([attempts.stop(graceMs), refunds[Symbol.asyncDispose](), ...loops]),
      );
    },
  };
}

/** Carries refunds out; what is under way at a stop is finished. */
function startRefunds(
  config: Config,
  adapters: Adapters,
  tracing: Tracing,
  stop: AbortSignal,
): BullRefundWorker {
  const times = { concurrency: REFUNDS_AT_ONCE, lockMs: config.jobLockSeconds * 1000 };
  return new BullRefundWorker(
    adapters.redis,
    times,
    async (job, retries) => {
      // Fetched in the very moment of the stop.
      if (stop.aborted) return HAND_BACK;
      return tracing.within('refund', job.intent, () => runRefund(job, retries, adapters));
    },
    (error) => adapters.record({ event: 'loop_error', loop: 'refunds', error }),
  );
}

/** Runs attempts; at a stop they have the grace to finish, then they hand their jobs back. */
function startAttempts(
  config: Config,
  adapters: Adapters,
  tracing: Tracing,
  stop: AbortSignal,
): BullGenerationWorker {
  const times = {
    concurrency: config.workerConcurrency,
    lockMs: config.jobLockSeconds * 1000,
  };
  const deps = {
    ...adapters,
    deadLetters: adapters.source,
    decodeMemory: new Semaphore(DECODE_BUDGET_BYTES),
    providerTimeoutMs: config.providerTimeoutSeconds * 1000,
    maxProviderCalls: config.openaiMaxRetries,
    taskDeadlineSeconds: config.taskDeadlineSeconds,
    stopping: stop,
  };
  return new BullGenerationWorker(
    adapters.redis,
    times,
    async (job, signal) => {
      // Fetched in the very moment of the stop.
      if (stop.aborted) return HAND_BACK;
      return tracing.within('attempt', job.task, () => runJob(job, deps, signal));
    },
    (error) => adapters.record({ event: 'loop_error', loop: 'jobs', error }),
  );
}

/** Takes tasks off the list and looks after what was lost or is past its hours, until the stop. */
function startLoops(
  config: Config,
  adapters: Adapters,
  logger: Logger,
  stop: AbortSignal,
): Promise<void>[] {
  const { redis, record } = adapters;
  const noteError = (loop: string) => (error: Error) =>
    record({ event: 'loop_error', loop, error });
  const intake = { ...adapters, maxImages: config.maxImages };
  const lookAfter = async () => {
    await admitLeftovers(intake, stop);
    await rescue({ ...adapters, minAgeSeconds: config.rescueMinAgeSeconds }, stop);
    await recoverLostRefunds(adapters, stop);
  };
  const rescueIntervalMs = config.rescueIntervalSeconds * 1000;
  return [
    takeTasks(redis, intake, stop),
    repeat(lookAfter, rescueIntervalMs, stop, noteError('rescue')),
    repeat(() => redis.ping(), WATCHDOG_INTERVAL_MS, stop, noteError('watchdog')),
    runRetention(config, adapters, logger, stop),
  ];
}

/** The intake, unless this Redis would throw tasks away: then they stay where they are. */
async function takeTasks(redis: Redis, intake: IntakeDeps, signal: AbortSignal): Promise<void> {
  const risk = await evictionRisk(redis);
  if (risk === null) return runIntake(intake, signal);
  intake.record({ event: 'loop_error', loop: 'intake', error: new Error(risk) });
}

/** Resolves when the work is done, or after `ms` without it. */
async function atMost(ms: number, work: Promise<unknown>): Promise<void> {
  const done = new AbortController();
  const timeout = sleep(ms, undefined, { signal: done.signal }).catch(() => undefined);
  await Promise.race([work, timeout]);
  done.abort();
}
