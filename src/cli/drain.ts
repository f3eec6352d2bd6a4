/**
 * `drain`: every replica stops taking tasks; what was taken is finished.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import { drainingSince, startDraining, stopDraining } from '../adapters/redis/drain.ts';
import { readQueueStats } from '../adapters/redis/queue-stats.ts';
import type { QueueStats } from '../ports/redis-readings.ts';
import { type Answer, UsageError } from './answer.ts';
import type { CliContext, Run } from './cli-context.ts';
import { counted, pairs } from './table.ts';

interface Options {
  readonly yes?: boolean;
  readonly off?: boolean;
  readonly wait?: boolean;
  readonly timeout: string;
}

const POLL_MS = 250;

export function addDrain(program: Command, run: Run): void {
  program
    .command('drain')
    .description('Stop taking tasks off the list, on all replicas, until --off')
    .option('--off', 'take tasks again')
    .option('--wait', 'return when no task and no refund is under way any more')
    .option('--timeout <seconds>', 'how long --wait waits at most', '600')
    .option('--yes', 'do not ask')
    .action(
      run((context, options: Options) => (options.off ? resume(context) : drain(context, options))),
    );
}

async function resume(context: CliContext): Promise<Answer> {
  const wasDraining = await stopDraining(await context.redis());
  const text = wasDraining ? 'Tasks are taken again.' : 'Tasks were taken already.';
  return { data: { draining: false, wasDraining }, text, isFine: true };
}

async function drain(context: CliContext, { yes, wait, timeout }: Options): Promise<Answer> {
  const limitMs = Number(timeout) * 1000;
  if (!(limitMs > 0)) throw new UsageError('--timeout must be a number of seconds');
  await context.confirm('Stop taking tasks on all replicas?', yes);
  const redis = await context.redis();
  await startDraining(redis);
  const since = await drainingSince(redis);
  if (!wait) {
    const text =
      'No replica takes tasks off the list until `wearon drain --off`; those taken before still run (--wait waits for them).';
    return { data: { draining: true, since }, text, isFine: true };
  }
  const stats = await lastTaskEnded(context, limitMs);
  const underWay = underWayIn(stats);
  const isFine = Object.values(underWay).every((count) => count === 0);
  const text = isFine
    ? `Nothing is under way; on the list: ${counted(stats.places.list.tasks, 'task')}.`
    : `After ${timeout} s this is still under way:\n${pairs(underWay)}`;
  const data = { draining: true, since, underWay, waitingOnList: stats.places.list.tasks };
  return { data, text, isFine };
}

/** The numbers once nothing is under way, or when the time is up. */
async function lastTaskEnded(context: CliContext, limitMs: number): Promise<QueueStats> {
  const redis = await context.redis();
  for (const end = Date.now() + limitMs; ; await sleep(POLL_MS)) {
    const stats = await readQueueStats(redis);
    const isQuiet = Object.values(underWayIn(stats)).every((count) => count === 0);
    if (isQuiet || Date.now() > end) return stats;
  }
}

function underWayIn({ places, refundsOutstanding }: QueueStats): Record<string, number> {
  return {
    intake: places.intake.tasks,
    waiting: places.waiting.tasks,
    active: places.active.tasks,
    delayed: places.delayed.tasks,
    refunds: refundsOutstanding,
  };
}
