/**
 * `sessions show`: everything on record about one session, in one view.
 */
import type { Command } from 'commander';
import { type SessionStory, sessionStory } from '../operations/session-story.ts';
import { type Answer, ProblemError } from './answer.ts';
import type { CliContext, Run } from './cli-context.ts';
import { addSessionList } from './session-list.ts';
import { ago, pairs, table } from './table.ts';
import { uuidOf } from './uuid.ts';

export function addSessions(program: Command, run: Run): void {
  const sessions = program.command('sessions').description('Sessions, one or the newest');
  addSessionList(sessions, run);
  sessions
    .command('show <id>')
    .description('Row, jobs, ledger, picture, reconciliation and dead letters of a session')
    .action(run((context, id: string) => show(context, uuidOf(id))));
}

async function show(context: CliContext, id: string): Promise<Answer> {
  const story = await sessionStory(await context.operations(), id);
  if (story === null) throw new ProblemError(`Nothing is on record about session ${id}.`);
  const data = { ...story, logs: logHints(id) };
  return { data, text: describe(data), isFine: true };
}

function logHints(id: string): string[] {
  return [
    `in production: docker compose --file compose.prod.yaml logs worker-a worker-b | grep ${id}`,
    `Grafana, Loki: {service="worker"} | json | session_id="${id}"`,
  ];
}

type View = SessionStory & { readonly logs: readonly string[] };

function describe(view: View): string {
  const sections: readonly (readonly [string, string])[] = [
    ['Row', view.row === null ? 'none' : pairs(view.row)],
    ['Job', view.job === null ? `none${view.onList ? ', on the list' : ''}` : describeJob(view)],
    ['Refund jobs', describeRefunds(view)],
    ['Ledger', describeLedger(view)],
    ['Picture', view.picture ? pairs(view.picture) : 'none'],
    ['Events', view.events?.map(({ at, type }) => `${at}  ${type}`).join('\n') || 'none'],
    ['Reconciliation', view.reconciliation ? pairs({ ...view.reconciliation }) : 'none'],
    ['Dead letters', describeLetters(view)],
    ['Logs', view.logs.join('\n')],
  ];
  return sections.map(([title, text]) => `${title}\n${indent(text)}`).join('\n\n');
}

function indent(text: string): string {
  return text.replace(/^/gm, '  ');
}

function describeJob({ job }: View): string {
  if (job === null) return 'none';
  const { journal, ...rest } = job;
  const failures = Object.entries(journal?.failures ?? {}).map(([code, n]) => `${code} ×${n}`);
  return pairs({
    ...rest,
    'paid calls begun': journal?.providerCalls,
    'paid call open': journal?.callOpen,
    failures: failures.join(', ') || 'none',
  });
}

function describeRefunds({ refunds }: View): string {
  const rows = refunds.map(({ state, attemptsStarted, intent, nextAttemptAt }) => [
    state,
    intent.code,
    attemptsStarted,
    ago(intent.completedAt),
    nextAttemptAt,
  ]);
  return table(['state', 'code', 'attempts', 'since', 'next attempt'], rows, 'none');
}

function describeLedger({ ledger = [] }: View): string {
  const rows = ledger.map(({ type, amount, description }) => [type, amount, description]);
  return table(['type', 'credits', 'description'], rows, 'no row names the session');
}

function describeLetters({ deadLetters: letters }: View): string {
  return table(
    ['id', 'reason', 'when'],
    letters.map(({ id, reason, at }) => [id, reason, ago(at)]),
    'none',
  );
}
