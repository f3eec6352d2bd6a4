/**
 * The loops of a worker: the intake, the sweeps over what was lost and what has expired, and the check
 * of Redis.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { repeat } from '../concurrency/repeat.ts';
import type { Config } from '../config.ts';
import { loopErrors } from '../ports/events.ts';
import type { Logger } from '../telemetry/logger.ts';
import { admitLeftovers, type IntakeDeps, runIntake } from '../tryon/intake.ts';
import { removeLateUploads } from '../tryon/late-uploads.ts';
import { recoverLostRefunds } from '../tryon/lost-refunds.ts';
import { rescue } from '../tryon/rescue.ts';
import type { Adapters } from './adapters.ts';
import { runRetention } from './retention.ts';
import { runWebhooks } from './webhooks.ts';

const WATCHDOG_INTERVAL_MS = 5000;
const PROBLEM_POLL_MS = 1000;

interface LoopParts {
  readonly logger: Logger;
  /** Called after every check of Redis. */
  readonly afterCheck: () => void;
}

/** Takes tasks off the list and runs the sweeps over what was lost or has expired, until the stop. */
export function startLoops(
  config: Config,
  adapters: Adapters,
  { logger, afterCheck }: LoopParts,
  stop: AbortSignal,
): Promise<void>[] {
  const { record, storage } = adapters;
  const isHeld = () => !storage.isUsable;
  const intake = { ...adapters, maxImages: config.maxImages, isHeld };
  const { rescueMinAgeSeconds: minAgeSeconds, platformCleanUpMinute } = config;
  const rescueDeps = { ...adapters, minAgeSeconds, platformCleanUpMinute };
  /** Each sweep in a loop of its own: an error in one must not keep the others from running. */
  const sweep = (loop: string, action: () => Promise<unknown>) => {
    const run = async () => {
      await adapters.redisHealth.untilAgesCount(stop);
      if (!stop.aborted) await action();
    };
    return repeat(run, config.rescueIntervalSeconds * 1000, stop, loopErrors(record, loop));
  };
  return [
    takeTasks(adapters, intake, stop),
    sweep('leftovers', async () => storage.isUsable && admitLeftovers(intake, stop)),
    // Asked in the same run: without rights or a bucket everything looks lost.
    sweep('rescue', async () => (await storage.confirm()) && rescue(rescueDeps, stop)),
    sweep(
      'lost_refunds',
      async () => (await storage.confirm()) && recoverLostRefunds(adapters, stop),
    ),
    sweep('late_uploads', () => removeLateUploads(adapters, stop)),
    runRetention(config, adapters, logger, stop),
    runWebhooks(config, adapters, stop),
    watchRedis(adapters, afterCheck, stop),
  ];
}

/** Keeps `redisHealth` up to date, and calls back after every check. */
function watchRedis(
  { redis, redisHealth, record }: Adapters,
  afterCheck: () => void,
  stop: AbortSignal,
): Promise<void> {
  const check = async () => {
    await redisHealth.check(redis);
    afterCheck();
  };
  return repeat(check, WATCHDOG_INTERVAL_MS, stop, loopErrors(record, 'watchdog'));
}

/** The intake, as long as Redis can be trusted with tasks: otherwise they stay where they are. */
async function takeTasks(
  { redisHealth }: Adapters,
  intake: IntakeDeps,
  stop: AbortSignal,
): Promise<void> {
  while (!stop.aborted) {
    const problem = new AbortController();
    const watch = async () => {
      if (redisHealth.problem !== null) problem.abort();
    };
    const either = AbortSignal.any([stop, problem.signal]);
    await watch();
    const watching = repeat(watch, PROBLEM_POLL_MS, either, () => undefined);
    if (!either.aborted) await runIntake(intake, either);
    await watching;
    await sleep(PROBLEM_POLL_MS, undefined, { signal: stop }).catch(() => undefined);
  }
}
