/**
 * `rescue`: the worker's own sweep over lost sessions, at once or only tried.
 */
import type { Command } from 'commander';
import type { TaskIds, WorkerEvent } from '../ports/events.ts';
import { type RescueDeps, rescue } from '../tryon/rescue.ts';
import type { Answer } from './answer.ts';
import type { CliContext, Run } from './cli-context.ts';
import { table } from './table.ts';

interface Options {
  readonly json?: boolean;
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
    .option('--json', 'answer in JSON')
    .action((options: Options) => run(options, (context) => sweepOnce(context, options)));
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
  await rescue(dryRun ? withoutEffects(deps) : deps);
  const rows = rescued.map(({ task, by }) => [task.sessionId, task.channel, by]);
  const text = table(['session', 'channel', 'by'], rows, 'No session is lost.');
  const said = dryRun && rows.length > 0 ? `Would complete or refund:\n${text}` : text;
  return { data: { dryRun, rescued }, text: said, isFine: !dryRun || rows.length === 0 };
}

/** The same sweep with everything that would change something left out. */
function withoutEffects(deps: RescueDeps): RescueDeps {
  const nothing = async () => undefined;
  const { sessions, imageStore, jobs, refunds } = deps;
  return {
    ...deps,
    sessions: {
      find: (ref) => sessions.find(ref),
      unfinished: (before) => sessions.unfinished(before),
      failedSince: (since) => sessions.failedSince(since),
      claim: (ref) => sessions.find(ref),
      markProcessing: (ref) => sessions.find(ref),
      complete: (ref) => sessions.find(ref),
      fail: async () => true,
      retell: nothing,
      sharingPayment: (session, requestId) => sessions.sharingPayment(session, requestId),
    },
    imageStore: {
      sign: (path) => imageStore.sign(path),
      put: nothing,
      remove: nothing,
    },
    analytics: { record: nothing },
    jobs: {
      aliveAmong: (ids) => jobs.aliveAmong(ids),
      givenUp: () => jobs.givenUp(),
      forget: nothing,
    },
    refunds: { aliveAmong: (ids) => refunds.aliveAmong(ids), add: nothing },
  };
}
