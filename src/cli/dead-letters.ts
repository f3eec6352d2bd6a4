/**
 * `dead list|show|replay|drop`: tasks that could never become a job, or whose owner is not the row's.
 */
import type { Command } from 'commander';
import {
  deadLetters,
  dropLetter,
  type FiledLetter,
  replayLetter,
} from '../adapters/redis/dead-letters.ts';
import { lettersNamed, listLetters, obstacleTo } from '../operations/dead-letters.ts';
import { type Answer, ProblemError, UsageError } from './answer.ts';
import type { CliContext, Run } from './cli-context.ts';
import { ago, counted, pairs, table } from './table.ts';
import { momentOf } from './time-window.ts';

interface Options {
  readonly yes?: boolean;
  readonly force?: boolean;
}

/** Which letters to drop. */
interface Choice extends Options {
  readonly all?: boolean;
  readonly reason?: string;
  readonly before?: string;
}

export function addDead(program: Command, run: Run): void {
  const dead = program.command('dead').description('The dead letters: tasks that were rejected');
  dead.command('list').description('All dead letters, newest first').action(run(list));
  dead
    .command('show <id>')
    .description('One dead letter with its whole message (it holds links and a prompt)')
    .action(run(show));
  dead
    .command('replay <id>')
    .description('Put the message back on the task list')
    .option('--force', 'even if it will be rejected or skipped again')
    .option('--yes', 'do not ask')
    .action(run(replay));
  dead
    .command('drop [id]')
    .description('Remove dead letters for good: one, all, or those of a reason or an age')
    .option('--all', 'all of them')
    .option('--reason <text>', 'those whose reason contains this')
    .option('--before <time>', 'those from before an ISO time, or so many hours back, e.g. 24h')
    .option('--yes', 'do not ask')
    .action(
      run((context, id: string | undefined, choice: Choice) =>
        id === undefined ? dropChosen(context, choice) : drop(context, id, choice),
      ),
    );
}

async function list(context: CliContext): Promise<Answer> {
  const data = await listLetters(await context.operations());
  const rows = data.map(({ id, at, reason, sessionId, bytes }) => [
    id,
    ago(at),
    reason,
    sessionId,
    bytes,
  ]);
  const headings = ['id', 'when', 'reason', 'session', 'bytes'];
  const text = table(headings, rows, 'There are no dead letters.');
  return { data, text, isFine: data.length === 0 };
}

async function show(context: CliContext, id: string): Promise<Answer> {
  const { text: _, ...letter } = await letterOf(context, id);
  const { raw, ...facts } = letter;
  return { data: letter, text: `${pairs(facts)}\n\n${raw}`, isFine: true };
}

async function replay(context: CliContext, id: string, { yes, force }: Options): Promise<Answer> {
  const letter = await letterOf(context, id);
  const deps = await context.operations();
  const obstacle = await obstacleTo(deps, letter, force ?? false);
  if (obstacle !== null) {
    const hint =
      obstacle.kind === 'cut' ? '' : ' Nothing was replayed; --force does it all the same.';
    throw new ProblemError(`${obstacle.reason}${hint}`);
  }
  await context.confirm(`Put the message of dead letter ${letter.id} back on the task list?`, yes);
  if (!(await replayLetter(deps.redis, letter))) throw gone(letter.id);
  return {
    data: { replayed: letter.id, sessionId: letter.sessionId },
    text: `Dead letter ${letter.id} is back on the task list.`,
    isFine: true,
  };
}

/** Removes every letter that all options given agree on. */
async function dropChosen(
  context: CliContext,
  { all, reason, before, yes }: Choice,
): Promise<Answer> {
  if (!all && reason === undefined && before === undefined) {
    throw new UsageError('Give an id, --all, --reason or --before.');
  }
  const moment = before === undefined ? null : momentOf(before, new Date());
  const chosen = (await deadLetters(await context.redis())).filter(
    (letter) =>
      (reason === undefined || letter.reason.includes(reason)) &&
      (moment === null || new Date(letter.at) < moment),
  );
  if (chosen.length > 0) {
    await context.confirm(`Remove ${counted(chosen.length, 'dead letter')} for good?`, yes);
  }
  let dropped = 0;
  for (const letter of chosen) {
    if (await dropLetter(await context.redis(), letter)) dropped += 1;
  }
  return { data: { dropped }, text: `${counted(dropped, 'dead letter')} removed.`, isFine: true };
}

async function drop(context: CliContext, id: string, { yes }: Options): Promise<Answer> {
  const letter = await letterOf(context, id);
  await context.confirm(`Remove dead letter ${letter.id} (${letter.reason}) for good?`, yes);
  if (!(await dropLetter(await context.redis(), letter))) throw gone(letter.id);
  const data = { dropped: letter.id, sessionId: letter.sessionId };
  return { data, text: `Dead letter ${letter.id} is removed.`, isFine: true };
}

/** The letter whose id begins so. */
async function letterOf(context: CliContext, id: string): Promise<FiledLetter> {
  const [letter, ...others] = await lettersNamed(await context.operations(), id);
  if (letter === undefined) throw gone(id);
  if (others.length > 0) {
    throw new ProblemError(`Several dead letters begin with ${id}; give more of the id.`);
  }
  return letter;
}

function gone(id: string): ProblemError {
  return new ProblemError(`There is no dead letter ${id}; see \`wearon dead list\`.`);
}
