/**
 * `ledger verify`: every session of a time window whose money does not add up, and why.
 */
import type { Command } from 'commander';
import { ledgerIn, sessionsById, sessionsIn } from '../adapters/supabase/audit-records.ts';
import { type Finding, findingOf, REASONS } from '../ledger/audit/finding.ts';
import { auditPeople } from '../ledger/audit/people.ts';
import { auditStores } from '../ledger/audit/stores.ts';
import { namedSession } from '../ledger/entries.ts';
import type { AuditedSession } from '../ports/audit.ts';
import type { ReconciliationRecord } from '../ports/refunds.ts';
import { type Channel, isTerminal } from '../ports/session.ts';
import { lastUseSeconds } from '../tryon/outcome.ts';
import type { Answer } from './answer.ts';
import type { CliContext, Run } from './cli-context.ts';
import { ago, counted, table } from './table.ts';
import { type WindowOptions, windowOf } from './time-window.ts';

/** A payment of the window's first minutes may belong to a session before it, and the other way round. */
const MARGIN_MS = 10 * 60_000;
/** The platform inserts the session right after the payment. */
const PAYMENT_GRACE_MS = 60_000;

export function addLedger(program: Command, run: Run): void {
  const ledger = program.command('ledger').description('The credits of stores and people');
  ledger
    .command('verify')
    .description('List every session of a time window whose money does not add up')
    .option('--since <time>', 'ISO time, or so many hours back, e.g. 24h', '24h')
    .option('--until <time>', 'ISO time, or so many hours back; now without it')
    .action(run(verify));
}

async function verify(context: CliContext, options: WindowOptions): Promise<Answer> {
  const now = new Date();
  const window = windowOf(options, now);
  const audited = [
    await audit(context, 'b2b', window, now),
    await audit(context, 'b2c', window, now),
  ];
  const sessions = audited.reduce((sum, { count }) => sum + count, 0);
  const findings = await withQueues(
    context,
    audited.flatMap((channel) => channel.findings),
  );
  const { since, until } = window;
  const data = { since: since.toISOString(), until: until.toISOString(), sessions, findings };
  return { data, text: describe(sessions, findings), isFine: findings.length === 0 };
}

interface Audited {
  readonly count: number;
  readonly findings: Finding[];
}

/** Reads more than the window, so that no payment is separated from its session at the edges, and keeps what lies inside. */
async function audit(
  { supabase, config }: CliContext,
  channel: Channel,
  { since, until }: { since: Date; until: Date },
  now: Date,
): Promise<Audited> {
  const from = new Date(since.getTime() - MARGIN_MS);
  // In this order: a refund that is booked meanwhile is in the ledger.
  const sessions = await sessionsIn(supabase, channel, { since: from, until: now });
  const ledger = await ledgerIn(supabase, channel, { since: from, until: new Date() });
  const known = new Set(sessions.map(({ sessionId }) => sessionId));
  const named = ledger.flatMap((row) => namedSession(row) ?? []);
  const earlier = named.filter((id) => !known.has(id));
  const books = {
    sessions: [...sessions, ...(await sessionsById(supabase, channel, [...new Set(earlier)]))],
    ledger,
  };
  const createdBefore = new Date(now.getTime() - PAYMENT_GRACE_MS);
  const findings =
    channel === 'b2b' ? auditStores(books, createdBefore) : auditPeople(books, createdBefore);
  const isInside = (at: Date) => at >= since && at < until;
  const inside = sessions.filter(({ createdAt }) => isInside(createdAt));
  return {
    count: inside.length,
    findings: [
      ...findings.filter(({ at }) => isInside(new Date(at))),
      ...inside.filter((s) => isStuck(s, config, now)).map(stuck),
    ],
  };
}

function isStuck(session: AuditedSession, config: CliContext['config'], now: Date): boolean {
  const { taskDeadlineSeconds, rescueMinAgeSeconds, rescueIntervalSeconds } = config;
  const limitSeconds =
    Math.max(lastUseSeconds(taskDeadlineSeconds), rescueMinAgeSeconds) + 2 * rescueIntervalSeconds;
  return !isTerminal(session) && +now - +session.createdAt > limitSeconds * 1000;
}

function stuck(session: AuditedSession): Finding {
  return findingOf(session, 'processing_too_long', { detail: session.status });
}

/** What the queues know explains some findings: a refund is under way, or a person has it in hand. */
async function withQueues(context: CliContext, findings: readonly Finding[]): Promise<Finding[]> {
  const { refunds, reconciliation } = await context.queues();
  const unpaid = findings.filter(({ reason }) => reason === 'failed_without_refund');
  const underWay = await refunds.aliveAmong(unpaid.flatMap(({ sessionId }) => sessionId ?? []));
  const open = await reconciliation.open();
  const handled = new Set(
    [...open, ...(await reconciliation.resolved())].map(({ sessionId }) => sessionId),
  );
  const explained = findings.flatMap((finding): Finding[] => {
    const id = finding.sessionId ?? '';
    if (finding.reason !== 'failed_without_refund') return [finding];
    if (underWay.has(id)) return [{ ...finding, reason: 'refund_outstanding' }];
    return handled.has(id) ? [] : [finding];
  });
  return [...explained, ...open.map(openRecord)];
}

function openRecord(record: ReconciliationRecord): Finding {
  const { channel, ownerId, sessionId, credits, at, reason } = record;
  return {
    reason: 'reconciliation_open',
    channel,
    ownerId,
    sessionId,
    credits,
    at,
    detail: reason,
  };
}

function describe(sessions: number, findings: readonly Finding[]): string {
  if (findings.length === 0) return `The money of ${counted(sessions, 'session')} adds up.`;
  const rows = findings.map((finding) => [
    finding.reason,
    finding.channel,
    finding.sessionId ?? `owner ${finding.ownerId}`,
    finding.credits,
    ago(finding.at),
    finding.detail,
  ]);
  const met = [...new Set(findings.map(({ reason }) => reason))];
  return [
    `${counted(findings.length, 'finding')} in ${counted(sessions, 'session')}.`,
    '',
    table(['reason', 'channel', 'session', 'credits', 'when', 'detail'], rows, ''),
    '',
    ...met.map((reason) => `${reason}: ${REASONS[reason]}`),
  ].join('\n');
}
