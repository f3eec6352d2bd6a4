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
import type { Desk, Run } from './desk.ts';
import { momentOf } from './ledger.ts';
import { ago, pairs, table } from './table.ts';

interface Options {
  readonly json?: boolean;
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
  dead
    .command('list')
    .description('All dead letters, newest first')
    .option('--json', 'answer in JSON')
    .action((options: Options) => run(options, list));
  dead
    .command('show <id>')
    .description('One dead letter with its whole message (it holds links and a prompt)')
    .option('--json', 'answer in JSON')
    .action((id: string, options: Options) => run(options, (desk) => show(desk, id)));
  dead
    .command('replay <id>')
    .description('Put the message back on the task list')
    .option('--force', 'even if it will be rejected or skipped again')
    .option('--yes', 'do not ask')
    .option('--json', 'answer in JSON')
    .action((id: string, options: Options) => run(options, (desk) => replay(desk, id, options)));
  dead
    .command('drop [id]')
    .description('Remove dead letters for good: one, all, or those of a reason or an age')
    .option('--all', 'all of them')
    .option('--reason <text>', 'those whose reason contains this')
    .option('--before <time>', 'those from before an ISO time, or so many hours back, e.g. 24h')
    .option('--yes', 'do not ask')
    .option('--json', 'answer in JSON')
    .action((id: string | undefined, choice: Choice) =>
      run(choice, (desk) => (id === undefined ? dropChosen(desk, choice) : drop(desk, id, choice))),
    );
}

async function list(desk: Desk): Promise<Answer> {
  const data = await listLetters(await desk.operations());
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

async function show(desk: Desk, id: string): Promise<Answer> {
  const { text: _, ...letter } = await letterOf(desk, id);
  const { raw, ...facts } = letter;
  return { data: letter, text: `${pairs(facts)}\n\n${raw}`, isFine: true };
}

async function replay(desk: Desk, id: string, { yes, force }: Options): Promise<Answer> {
  const letter = await letterOf(desk, id);
  const deps = await desk.operations();
  const obstacle = await obstacleTo(deps, letter, force ?? false);
  if (obstacle !== null) {
    const hint =
      obstacle.kind === 'cut' ? '' : ' Nothing was replayed; --force does it all the same.';
    throw new ProblemError(`${obstacle.reason}${hint}`);
  }
  await desk.consent(`Put the message of dead letter ${letter.id} back on the task list?`, yes);
  if (!(await replayLetter(deps.redis, letter))) throw gone(letter.id);
  return {
    data: { replayed: letter.id, sessionId: letter.sessionId },
    text: `Dead letter ${letter.id} is back on the task list.`,
    isFine: true,
  };
}

/** Removes every letter that all options given agree on. */
async function dropChosen(desk: Desk, { all, reason, before, yes }: Choice): Promise<Answer> {
  if (!all && reason === undefined && before === undefined) {
    throw new UsageError('Give an id, --all, --reason or --before.');
  }
  const moment = before === undefined ? null : momentOf(before, new Date());
  const chosen = (await deadLetters(await desk.redis())).filter(
    (letter) =>
      (reason === undefined || letter.reason.includes(reason)) &&
      (moment === null || new Date(letter.at) < moment),
  );
  if (chosen.length > 0) {
    await desk.consent(`Remove ${chosen.length} dead letters for good?`, yes);
  }
  let dropped = 0;
  for (const letter of chosen) {
    if (await dropLetter(await desk.redis(), letter)) dropped += 1;
  }
  return { data: { dropped }, text: `${dropped} dead letters are removed.`, isFine: true };
}

async function drop(desk: Desk, id: string, { yes }: Options): Promise<Answer> {
  const letter = await letterOf(desk, id);
  await desk.consent(`Remove dead letter ${letter.id} (${letter.reason}) for good?`, yes);
  if (!(await dropLetter(await desk.redis(), letter))) throw gone(letter.id);
  const data = { dropped: letter.id, sessionId: letter.sessionId };
  return { data, text: `Dead letter ${letter.id} is removed.`, isFine: true };
}

/** The letter whose id begins so. */
async function letterOf(desk: Desk, id: string): Promise<FiledLetter> {
  const [letter, ...others] = await lettersNamed(await desk.operations(), id);
  if (letter === undefined) throw gone(id);
  if (others.length > 0) {
    throw new ProblemError(`Several dead letters begin with ${id}; give more of the id.`);
  }
  return letter;
}

function gone(id: string): ProblemError {
  return new ProblemError(`There is no dead letter ${id}; see \`wearon dead list\`.`);
}
