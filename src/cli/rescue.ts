/**
 * `rescue`: the worker's own sweep over lost sessions, at once or only tried.
 */
import type { Command } from 'commander';
import type { TaskIds, WorkerEvent } from '../ports/events.ts';
import { rescue } from '../tryon/rescue.ts';
import type { Answer } from './answer.ts';
import type { CliContext, Run } from './cli-context.ts';
import { table } from './table.ts';

interface Options {
  readonly dryRun?: boolean;
  readonly yes?: boolean;
}

interface Rescued {
  readonly task: TaskIds;
  readonly by: 'completion' | 'refund';
}

export function addRescue(program: Command, run: Run): void {
  program
    .command('rescue')
    .description('Complete or refund lost sessions once, as the worker does every minute')
    .option('--dry-run', 'only say which')
    .option('--yes', 'do not ask')
    .action(run(sweepOnce));
}

async function sweepOnce(context: CliContext, { dryRun = false, yes }: Options): Promise<Answer> {
  const rescued: Rescued[] = [];
  const record = (event: WorkerEvent) => {
    if (event.event === 'session_rescued') rescued.push({ task: event.task, by: event.by });
  };
  const { rescueMinAgeSeconds: minAgeSeconds, platformCleanUpMinute } = context.config;
  await context.requireStorage();
  if (!dryRun) {
    await context.confirm(
      `Complete or refund every lost session older than ${minAgeSeconds} s?`,
      yes,
    );
  }
  const limits = { minAgeSeconds, platformCleanUpMinute };
  const deps = { ...context.stores(), ...(await context.queues()), ...limits, record };
  await rescue({ ...deps, dryRun });
  const rows = rescued.map(({ task, by }) => [task.sessionId, task.channel, by]);
  const text = table(['session', 'channel', 'by'], rows, 'No session is lost.');
  const said = dryRun && rows.length > 0 ? `Would complete or refund:\n${text}` : text;
  return { data: { dryRun, rescued }, text: said, isFine: !dryRun || rows.length === 0 };
}
