/**
 * The audit of people's money. Their ledger has no request id: a deduction is known by its time,
 * shortly before its session, and a refund by the session's id in its description, or by its time.
 */
import type { AuditedSession, LedgerRow } from '../../ports/audit.ts';
import { namedSession } from '../entries.ts';
import { auditSession, type Books, type Finding, findingOf, findingOfRow } from './finding.ts';

/** The platform inserts the session right after the deduction. */
const DEDUCTION_LEAD_MS = 60_000;
/** Clocks of the two rows are one, but transactions overlap. */
const DEDUCTION_LAG_MS = 2_000;
/** The platform's own refund of a failed push or of a missing session names nothing and comes at once. */
const NAMELESS_REFUND_MS = 15 * 60_000;

/** Only payments created before `createdBefore` are judged; a younger one may still get its session. */
export function auditPeople({ sessions, ledger }: Books, createdBefore: Date): Finding[] {
  const rowsOf = Map.groupBy(ledger, ({ ownerId }) => ownerId);
  const sessionsOf = Map.groupBy(sessions, ({ ownerId }) => ownerId);
  const named = Map.groupBy(
    ledger.filter(({ type }) => type === 'refund'),
    (row) => namedSession(row) ?? '',
  );
  return [...new Set([...rowsOf.keys(), ...sessionsOf.keys()])].flatMap((person) =>
    auditPerson(
      { sessions: sessionsOf.get(person) ?? [], ledger: rowsOf.get(person) ?? [] },
      named,
      createdBefore,
    ),
  );
}

/** `named` holds everyone's refunds, since one may have gone to someone else. */
function auditPerson(
  { sessions, ledger }: Books,
  named: ReadonlyMap<string, LedgerRow[]>,
  createdBefore: Date,
): Finding[] {
  const left = new Set(ledger.toSorted((a, b) => +a.createdAt - +b.createdAt));
  const take = (fits: (row: LedgerRow) => boolean) => {
    const row = [...left].find(fits);
    if (row !== undefined) left.delete(row);
    return row;
  };
  const found: Finding[] = [];
  const ordered = sessions.toSorted((a, b) => +a.createdAt - +b.createdAt);
  // The platform refunds the sessions that it fails, so these are matched before the worker's.
  const nameless = new Map(
    ordered
      .filter(({ status, sessionId }) => status === 'failed' && !named.has(sessionId))
      .toSorted((a, b) => Number(a.isFailedByWorker) - Number(b.isFailedByWorker))
      .map((session) => [
        session.sessionId,
        take((row) => isNamelessRefund(row) && isSoonAfter(row, session)) ?? [],
      ]),
  );
  for (const session of ordered) {
    const payment = take((row) => row.type === 'deduction' && isJustBefore(row, session));
    const { sessionId } = session;
    const refunds = [named.get(sessionId) ?? [], nameless.get(sessionId) ?? []].flat();
    for (const refund of refunds) left.delete(refund);
    found.push(...auditSession({ session, payment, refunds }));
    if (refunds.some(({ ownerId }) => ownerId !== session.ownerId)) {
      found.push(findingOf(session, 'refund_to_wrong_payer', { detail: 'another person has it' }));
    }
  }
  return [...found, ...auditLeftRows([...left], createdBefore)];
}

function isJustBefore({ createdAt }: LedgerRow, session: AuditedSession): boolean {
  const leadMs = +session.createdAt - +createdAt;
  return leadMs >= -DEDUCTION_LAG_MS && leadMs <= DEDUCTION_LEAD_MS;
}

function isNamelessRefund(row: LedgerRow): boolean {
  return row.type === 'refund' && namedSession(row) === null;
}

function isSoonAfter(row: LedgerRow, { createdAt }: { readonly createdAt: Date }): boolean {
  const lagMs = +row.createdAt - +createdAt;
  return lagMs >= 0 && lagMs <= NAMELESS_REFUND_MS;
}

/** Money that moved without a session of this window. A payment that was given back at once is no finding. */
function auditLeftRows(rows: readonly LedgerRow[], createdBefore: Date): Finding[] {
  const left = new Set(rows.filter(({ createdAt }) => createdAt < createdBefore));
  for (const row of left) {
    if (row.type !== 'deduction') continue;
    const back = [...left].find((other) => isNamelessRefund(other) && isSoonAfter(other, row));
    if (back === undefined) continue;
    left.delete(row);
    left.delete(back);
  }
  return [...left].map((row) =>
    findingOfRow(
      row,
      row.type === 'refund' ? 'refund_without_session' : 'deduction_without_session',
    ),
  );
}
