/**
 * Puts the pipeline together: the attempts, the refunds, and the loops of loops.ts. And how all of it
 * stops.
 */
import { generationWorker } from '../adapters/redis/jobs/generation-queue.ts';
import { refundWorker } from '../adapters/redis/jobs/refund-queue.ts';
import { atMost } from '../concurrency/at-most.ts';
import { Semaphore } from '../concurrency/semaphore.ts';
import type { Config } from '../config.ts';
import { DECODE_BUDGET_BYTES } from '../images/decode.ts';
import { loopErrors } from '../ports/events.ts';
import type { JobEnd } from '../ports/jobs.ts';
import type { PictureViewer } from '../ports/picture-views.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Tracing } from '../telemetry/tracing.ts';
import { attemptsFor, CallSlots } from '../tryon/call-slots.ts';
import { Quarantine } from '../tryon/quarantine.ts';
import { runJob, runRefund } from '../tryon/run-job.ts';
import type { Adapters } from './adapters.ts';
import { startLoops } from './loops.ts';

const REFUNDS_AT_ONCE = 10;
/**
 * What the stop gets beyond the grace, to requeue jobs and to end the steps that loops are in.
 * Whatever is cut off is run again.
 */
const MARGIN_MS = 5000;
/**
 * A job that is fetched while Supabase cannot be used, or our clock is ahead, waits: what they say now
 * decides nothing.
 */
const LATER: JobEnd = { kind: 'again', delayMs: 1000 };

function mayDecide({ storage, redisHealth }: Adapters): boolean {
  return storage.isUsable && redisHealth.mayJudgeAges;
}

/** The running pipeline; disposing of it stops it, without losing anything. */
export interface Pipeline extends AsyncDisposable {
  /** Whether jobs are fetched. */
  readonly isRunning: boolean;
  readonly isStopping: boolean;
  readonly attemptsRunning: number;
  /** Paid calls under way. */
  readonly callsRunning: number;
}

interface PipelineParts {
  readonly logger: Logger;
  readonly tracing: Tracing;
  readonly viewer: PictureViewer;
}

/**
 * Starts to take tasks, to run jobs and to sweep. At a stop nothing new is begun from the first
 * moment on. What runs has the grace to end: then attempts requeue their jobs.
 */
export function startPipeline(
  config: Config,
  adapters: Adapters,
  { logger, tracing, viewer }: PipelineParts,
): Pipeline {
  const stop = new AbortController();
  const refunds = startRefunds(config, adapters, tracing);
  const callSlots = new CallSlots(config.workerConcurrency);
  const parts = { ...adapters, viewer, callSlots };
  const attempts = startAttempts(config, parts, tracing, stop.signal);
  const { redisHealth } = adapters;
  const suspendByClock = () => {
    attempts.suspend(!redisHealth.mayJudgeAges);
    refunds.suspend(!redisHealth.mayJudgeAges);
  };
  suspendByClock();
  const loops = startLoops(config, adapters, { logger, afterCheck: suspendByClock }, stop.signal);
  const graceMs = config.shutdownGraceSeconds * 1000;
  return {
    get isRunning() {
      return attempts.isRunning && redisHealth.problem === null;
    },
    get isStopping() {
      return stop.signal.aborted;
    },
    get attemptsRunning() {
      return attempts.activeCount;
    },
    get callsRunning() {
      return callSlots.taken;
    },
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      adapters.blocking.disconnect();
      const ended = Promise.all([attempts.stop(graceMs), refunds[Symbol.asyncDispose](), ...loops]);
      // Without Redis loops cannot end their steps, but there is nothing to wait for either.
      const isPointless = () =>
        !redisHealth.isServing && attempts.activeCount + refunds.activeCount === 0;
      await atMost(graceMs + MARGIN_MS, ended, isPointless);
    },
  };
}

/** Carries refunds out; what is under way at a stop is finished. */
function startRefunds(config: Config, adapters: Adapters, tracing: Tracing) {
  const { platformCleanUpMinute } = config;
  const settings = { concurrency: REFUNDS_AT_ONCE, lockMs: config.jobLockSeconds * 1000 };
  return refundWorker(
    adapters.redis,
    settings,
    async (job, retries) => {
      if (!mayDecide(adapters)) return LATER;
      return tracing.within('refund', job.intent, () =>
        runRefund(job, retries, { ...adapters, platformCleanUpMinute }),
      );
    },
    loopErrors(adapters.record, 'refunds'),
  );
}

/** Runs attempts; at a stop they have the grace to finish, then they requeue their jobs. */
function startAttempts(
  config: Config,
  adapters: Adapters & { readonly viewer: PictureViewer; readonly callSlots: CallSlots },
  tracing: Tracing,
  stop: AbortSignal,
) {
  const settings = {
    concurrency: attemptsFor(config.workerConcurrency),
    lockMs: config.jobLockSeconds * 1000,
  };
  const deps = {
    ...adapters,
    deadLetters: adapters.source,
    decodeMemory: new Semaphore(DECODE_BUDGET_BYTES),
    quarantine: new Quarantine(),
    settings: config,
    stopping: stop,
    mayJudgeAges: () => adapters.redisHealth.mayJudgeAges,
  };
  return generationWorker(
    adapters.redis,
    settings,
    async (job, signal) => {
      if (!mayDecide(adapters)) return LATER;
      return tracing.within('attempt', job.task, () => runJob(job, deps, signal));
    },
    loopErrors(adapters.record, 'jobs'),
  );
}
