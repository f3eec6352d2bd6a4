/**
 * `refunds list|retry`: refunds that are not booked yet.
 */
import type { Command } from 'commander';
import { refundJobs, retryRefunds } from '../adapters/redis/jobs/job-views.ts';
import { type Answer, ProblemError, UsageError } from './answer.ts';
import type { CliContext, Run } from './cli-context.ts';
import { ago, counted, table } from './table.ts';
import { uuidOf } from './uuid.ts';

interface RetryOptions {
  readonly all?: boolean;
}

export function addRefunds(program: Command, run: Run): void {
  const refunds = program.command('refunds').description('Refunds that are not booked yet');
  refunds.command('list').description('Every outstanding refund, oldest first').action(run(list));
  refunds
    .command('retry [session]')
    .description('Let waiting refunds run now instead of at their time')
    .option('--all', 'all of them')
    .action(run(retry));
}

async function list(context: CliContext): Promise<Answer> {
  const data = await refundJobs(await context.redis());
  const rows = data.map(({ intent, state, attemptsStarted, nextAttemptAt }) => [
    intent.sessionId,
    intent.channel,
    intent.code,
    state,
    ago(intent.completedAt),
    attemptsStarted,
    nextAttemptAt,
  ]);
  const headings = ['session', 'channel', 'code', 'state', 'since', 'attempts', 'next attempt'];
  return {
    data,
    text: table(headings, rows, 'No refund is outstanding.'),
    isFine: data.length === 0,
  };
}

async function retry(
  context: CliContext,
  session: string | undefined,
  { all }: RetryOptions,
): Promise<Answer> {
  if ((session === undefined) === !all) throw new UsageError('Give either a session id or --all.');
  const id = session === undefined ? undefined : uuidOf(session);
  const redis = await context.redis();
  if (id !== undefined && (await refundJobs(redis, id)).length === 0) {
    throw new ProblemError(`No refund is outstanding for session ${id}.`);
  }
  const retried = await retryRefunds(redis, id);
  const text =
    retried.length === 0
      ? 'No refund had to be rescheduled; all are running or due.'
      : `${counted(retried.length, 'refund')} to be run now, by a worker that is up:\n${retried.join('\n')}`;
  return { data: { retried }, text, isFine: true };
}
