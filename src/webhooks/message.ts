/**
 * What a webhook says of an ended session: ids, status, times, and the public text of a failure.
 * Never a prompt, an e-mail address or a link: who wants the picture asks the platform for it.
 */
import type { ErrorCode } from '../error-catalogue.ts';
import { failureOfPublicText } from '../errors.ts';
import { readFailureText } from '../failure-text.ts';
import type { Session } from '../ports/session.ts';

/** A client chooses its request id; a longer one is left out. */
const MOST_REQUEST_ID = 256;

/** The body of a message, as JSON says it. */
export interface EndedMessage {
  readonly type: 'try_on.completed' | 'try_on.failed';
  /** ISO 8601: when the session ended. */
  readonly timestamp: string;
  readonly data: {
    readonly session_id: string;
    readonly channel: 'b2b' | 'b2c';
    /** Null for a person's session. */
    readonly store_id: string | null;
    /** Null for a store's session. */
    readonly user_id: string | null;
    /** The client's own id of a store's session. */
    readonly request_id: string | null;
    readonly status: 'completed' | 'failed';
    readonly created_at: string;
    readonly completed_at: string;
    /** Null unless it failed. */
    readonly error: {
      /** Of the worker's error catalogue; null where the worker did not fail the session. */
      readonly code: ErrorCode | null;
      /** For the shopper to read; null where the worker did not write it. */
      readonly message: string | null;
    } | null;
  };
}

/** The id of the message about a session: the same for every try and every endpoint. */
export function messageId(sessionId: string): string {
  return `ended_${sessionId}`;
}

/** The message about an ended session; null while it has not ended. `code` says why it failed, where known. */
export function endedMessage(session: Session, code: ErrorCode | null): EndedMessage | null {
  const { status, channel, ownerId, requestId } = session;
  if (status !== 'completed' && status !== 'failed') return null;
  const completedAt = (session.completedAt ?? new Date()).toISOString();
  return {
    type: status === 'completed' ? 'try_on.completed' : 'try_on.failed',
    timestamp: completedAt,
    data: {
      session_id: session.sessionId,
      channel,
      store_id: channel === 'b2b' ? ownerId : null,
      user_id: channel === 'b2c' ? ownerId : null,
      request_id: requestId !== null && requestId.length <= MOST_REQUEST_ID ? requestId : null,
      status,
      created_at: session.createdAt.toISOString(),
      completed_at: completedAt,
      error: status === 'failed' ? failureOf(session, code) : null,
    },
  };
}

/** The row's text may be anyone's; only a text of the catalogue is passed on. */
function failureOf({ errorMessage }: Session, code: ErrorCode | null) {
  const text = readFailureText(errorMessage ?? '')?.publicText ?? '';
  const known = failureOfPublicText(text);
  return { code: code ?? known?.code ?? null, message: known === null ? null : text };
}
