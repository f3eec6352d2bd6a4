/**
 * Puts retention together: the sweep, its lock, and its loop.
 */
import type { RedisLock } from '../adapters/redis/lock.ts';
import { repeat } from '../concurrency/repeat.ts';
import type { Config } from '../config.ts';
import { loopErrors, type RecordEvent } from '../ports/events.ts';
import type { TaskSource } from '../ports/task-source.ts';
import { type SweepReport, sweep } from '../retention/janitor.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { RedisHealth } from './redis-health.ts';

type RetentionAdapters = Parameters<typeof sweep>[1] & {
  readonly retentionLock: RedisLock;
  readonly redisHealth: Pick<RedisHealth, 'untilAgesCount'>;
  readonly source: Pick<TaskSource, 'dropLettersBefore'>;
  readonly record: RecordEvent;
};

/** Deletes expired photos, pictures and dead letters, until the stop; pictures on one replica at a time. */
export async function runRetention(
  config: Config,
  adapters: RetentionAdapters,
  logger: Logger,
  stop: AbortSignal,
): Promise<void> {
  if (config.retentionHours === 0) return;
  const everyMs = config.retentionIntervalSeconds * 1000;
  const tidy = async () => {
    await adapters.redisHealth.untilAgesCount(stop);
    if (stop.aborted) return;
    const before = new Date(Date.now() - config.retentionHours * 3_600_000);
    await adapters.source.dropLettersBefore(before);
    const report = await adapters.retentionLock.during((lost) => {
      // The next sweep goes on: this one must not take longer than until then.
      const signal = AbortSignal.any([stop, lost, AbortSignal.timeout(everyMs)]);
      return sweep({ before, dryRun: false, signal }, adapters);
    });
    if (report !== null) logSweep(report, logger);
  };
  await repeat(tidy, everyMs, stop, loopErrors(adapters.record, 'retention'));
}

function logSweep({ errors, ...report }: SweepReport, logger: Logger): void {
  for (const error of errors) logger.error({ loop: 'retention', error }, 'loop_error');
  const fields = {
    before: report.before,
    removed: report.removed,
    rows_marked: report.rowsMarked,
    complete: report.complete,
  };
  logger.info({ ...fields, errors: errors.length }, 'retention_swept');
}
