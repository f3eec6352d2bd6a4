/**
 * `sessions show`: everything on record about one session, in one view.
 */
import type { Command } from 'commander';
import { deadLetters } from '../adapters/redis/dead-letters.ts';
import { generationJobOf, refundJobs } from '../adapters/redis/job-views.ts';
import { eventsOf, findRecord, type SessionRecord } from '../adapters/supabase/session-records.ts';
import { namedSession } from '../ledger/entries.ts';
import type { SessionRef } from '../ports/session.ts';
import { redact } from '../telemetry/redaction.ts';
import { MAX_REQUEST_ID } from '../tryon/refund-intent.ts';
import { resultPath } from '../tryon/store.ts';
import { type Answer, ProblemError } from './answer.ts';
import type { Desk, Run } from './desk.ts';
import { addSessionList } from './session-list.ts';
import { ago, pairs, table } from './table.ts';
import { uuidOf } from './uuid.ts';

export function addSessions(program: Command, run: Run): void {
  const sessions = program.command('sessions').description('Sessions, one or the newest');
  addSessionList(sessions, run);
  sessions
    .command('show <id>')
    .description('Row, jobs, ledger, picture, reconciliation and dead letters of a session')
    .option('--json', 'answer in JSON')
    .action((id: string, options) => run(options, (desk) => show(desk, uuidOf(id))));
}

async function show(desk: Desk, id: string): Promise<Answer> {
  const row = await findRecord(desk.supabase, id);
  const queues = await inQueues(desk, id);
  const isKnown = row ?? queues.job ?? queues.refunds[0] ?? queues.deadLetters[0];
  if (!isKnown) throw new ProblemError(`Nothing is on record about session ${id}.`);
  const stores = row === null ? null : await inStores(desk, row);
  const data = { row, ...stores, ...queues, logs: logHints(id) };
  return { data, text: describe(data), isFine: true };
}

/** What Redis knows. Messages and links stay where they are. */
async function inQueues(desk: Desk, id: string) {
  const redis = await desk.redis();
  const { source, reconciliation } = await desk.queues();
  const [waiting, job, refunds, letters, open, resolved] = await Promise.all([
    source.waitingSessionIds(),
    generationJobOf(redis, id),
    refundJobs(redis, id),
    deadLetters(redis),
    reconciliation.open(),
    reconciliation.resolved(),
  ]);
  const { task, ...view } = job ?? {};
  const own = ({ sessionId }: { sessionId: string | null }) => sessionId === id;
  return {
    onList: waiting.has(id),
    job: job && { ...view, images: task?.imageUrls.length, taskCreatedAt: task?.createdAt },
    refunds,
    deadLetters: letters.filter(own).map(({ raw: _, text: __, ...letter }) => letter),
    reconciliation: open.find(own) ?? resolved.find(own) ?? null,
  };
}

/** What Supabase knows beside the row. */
async function inStores(desk: Desk, row: SessionRecord) {
  const ref: SessionRef = {
    channel: row.channel,
    ownerId: row.store_id ?? row.user_id ?? '',
    sessionId: row.id,
  };
  const { sessions, ledger, imageStore } = desk.stores();
  const session = await sessions.find(ref);
  // A longer id does not fit into a request, and no refund is booked under it.
  const isReadable = (session?.requestId?.length ?? 0) <= MAX_REQUEST_ID;
  const rows = session && isReadable ? await ledger.entries(session, session.requestId) : [];
  // A person's ledger is read whole.
  const entries = rows.filter((entry) => row.channel === 'b2b' || namedSession(entry) === row.id);
  const path = resultPath(ref);
  return {
    ledger: entries.map((entry) => ({ ...entry, description: redact(entry.description) })),
    picture: { path, stored: (await imageStore.sign(path)) !== null },
    events: await eventsOf(desk.supabase, row.channel, row.id),
  };
}

function logHints(id: string): string[] {
  return [
    `in production: docker compose --file compose.prod.yaml logs worker-a worker-b | grep ${id}`,
    `Grafana, Loki: {service="worker"} | json | session_id="${id}"`,
  ];
}

type View = Awaited<ReturnType<typeof inQueues>> &
  Partial<Awaited<ReturnType<typeof inStores>>> & {
    readonly row: SessionRecord | null;
    readonly logs: readonly string[];
  };

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
