/**
 * The audit of the stores' money: the ledger's request id ties every row to its session, and the
 * descriptions say whose balance it was.
 */
import type { AuditedSession, LedgerRow } from '../../ports/audit.ts';
import { accountOf, namedSession } from '../entries.ts';
import { auditSession, type Books, type Finding, findingOf, findingOfRow } from './finding.ts';

/** Only payments created before `createdBefore` are judged; a younger one may still get its session. */
export function auditStores({ sessions, ledger }: Books, createdBefore: Date): Finding[] {
  const keyOf = (ownerId: string, requestId: string | null) => `${ownerId} ${requestId ?? ''}`;
  const rows = Map.groupBy(ledger, (row) => keyOf(row.ownerId, row.requestId));
  const named = Map.groupBy(
    ledger.filter(({ type }) => type === 'refund'),
    (row) => namedSession(row) ?? '',
  );
  const found: Finding[] = [];
  const taken = new Set<LedgerRow>();
  for (const session of sessions.toSorted((a, b) => +a.createdAt - +b.createdAt)) {
    const { ownerId, requestId, sessionId } = session;
    const own = requestId === null ? [] : (rows.get(keyOf(ownerId, requestId)) ?? []);
    // One payment pays for one session, even where a client used its request id twice.
    const payment = own.find((row) => row.type !== 'refund' && !taken.has(row));
    const refunds = new Set([
      ...own.filter((row) => isRefundOf(row, sessionId) && !taken.has(row)),
      ...(named.get(sessionId) ?? []),
    ]);
    for (const row of [...(payment ? [payment] : []), ...refunds]) taken.add(row);
    found.push(...auditSession({ session, payment, refunds: [...refunds] }));
    for (const refund of refunds) found.push(...auditPayer(session, payment, refund));
  }
  return [...found, ...auditLeftRows(ledger, taken, createdBefore)];
}

function isRefundOf(row: LedgerRow, sessionId: string): boolean {
  const named = namedSession(row);
  return row.type === 'refund' && (named === null || named === sessionId);
}

/** Did the credit go back to where it came from? */
function auditPayer(
  session: AuditedSession,
  payment: LedgerRow | undefined,
  refund: LedgerRow,
): Finding[] {
  if (payment === undefined) return [];
  const [paid, returned] = [accountOf(payment), accountOf(refund)];
  const isSame = refund.ownerId === payment.ownerId && paid.who === returned.who;
  if (isSame && paid.email === returned.email) return [];
  const detail = isSame
    ? 'another shopper has it'
    : `paid by ${paid.who}, returned to ${returned.who}`;
  return [findingOf(session, 'refund_to_wrong_payer', { credits: refund.amount, detail })];
}

/** Money that moved without a session. A payment that was given back is no finding. */
function auditLeftRows(
  ledger: readonly LedgerRow[],
  taken: ReadonlySet<LedgerRow>,
  createdBefore: Date,
): Finding[] {
  const left = ledger.filter((row) => !taken.has(row) && row.createdAt < createdBefore);
  return left.flatMap((row) => {
    const isRefund = row.type === 'refund';
    const isBalanced = left.some(
      (other) =>
        (other.type === 'refund') !== isRefund &&
        other.ownerId === row.ownerId &&
        other.requestId !== null &&
        other.requestId === row.requestId,
    );
    if (isBalanced) return [];
    return [findingOfRow(row, isRefund ? 'refund_without_session' : 'deduction_without_session')];
  });
}
