/**
 * The intent to fail a session and to pay it back: what is kept of it, and how the row is known that
 * it failed.
 */
import type { ErrorCode } from '../error-catalogue.ts';
import { readFailureText } from '../failure-text.ts';
import type { RefundIntent } from '../ports/refunds.ts';
import type { Session, SessionRef } from '../ports/session.ts';

/** Longer ids are not looked up: they do not fit into a request. The ledger's index bears all shorter ones. */
export const MAX_REQUEST_ID = 1024;

/** The intent to fail the session with this error and to pay it back. */
export function refundIntent(
  { channel, ownerId, sessionId }: SessionRef,
  requestId: string | null,
  failure: {
    readonly code: ErrorCode;
    readonly detail: string | null;
    readonly publicText: string;
  },
): RefundIntent {
  return {
    version: 1,
    ...{ channel, ownerId, sessionId },
    // Such an id is useless, and a megabyte of it does not belong in Redis.
    requestId: requestId !== null && requestId.length > MAX_REQUEST_ID ? null : requestId,
    code: failure.code,
    detail: failure.detail,
    text: failure.publicText,
    completedAt: new Date().toISOString(),
  };
}

/** Is it our own failing of the row, in a run that was cut short, perhaps of another release? */
export function isFailedBy(session: Session, intent: RefundIntent): boolean {
  const text = session.errorMessage ?? '';
  return (
    session.status === 'failed' &&
    session.ownerId === intent.ownerId &&
    session.completedAt?.getTime() === Date.parse(intent.completedAt) &&
    (text.startsWith(intent.text) || readFailureText(text) !== null)
  );
}
