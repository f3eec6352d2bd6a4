/**
 * `reconciliation list|resolve`: failed sessions whose payment only a person can give back.
 */
import type { Command } from 'commander';
import { type Answer, ProblemError } from './answer.ts';
import type { CliContext, Run } from './cli-context.ts';
import { ago, table } from './table.ts';
import { uuidOf } from './uuid.ts';

interface Options {
  readonly yes?: boolean;
  readonly note: string;
}

export function addReconciliation(program: Command, run: Run): void {
  const reconciliation = program
    .command('reconciliation')
    .description('Payments that only a person can give back');
  reconciliation.command('list').description('Every open record, oldest first').action(run(list));
  reconciliation
    .command('resolve <session>')
    .description('File a record away once the payment has been dealt with')
    .requiredOption('--note <text>', 'what was done about it')
    .option('--yes', 'do not ask')
    .action(run(resolve));
}

async function list(context: CliContext): Promise<Answer> {
  const data = await (await context.queues()).reconciliation.open();
  const rows = data.map(({ sessionId, channel, ownerId, reason, credits, at }) => [
    sessionId,
    channel,
    ownerId,
    reason,
    credits,
    ago(at),
  ]);
  const headings = ['session', 'channel', 'owner', 'reason', 'credits', 'since'];
  const text = table(headings, rows, 'Nothing waits for a person.');
  return { data, text, isFine: data.length === 0 };
}

async function resolve(context: CliContext, id: string, { note, yes }: Options): Promise<Answer> {
  const { reconciliation } = await context.queues();
  await context.confirm(`File the record of session ${id} away as dealt with?`, yes);
  const data = await reconciliation.resolve(uuidOf(id), note);
  if (data === null) throw new ProblemError(`There is no open record for session ${id}.`);
  return { data, text: `The record of session ${id} is filed away.`, isFine: true };
}
