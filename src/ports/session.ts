/**
 * The session rows, and the message on the platform's list that asks for a picture.
 * Every method throws a TaskError and nothing else: STORAGE_UNAVAILABLE unless said otherwise.
 */

export const CHANNELS = ['b2c', 'b2b'] as const;
/** `b2b`: the task of a store; `b2c`: of a person. */
export type Channel = (typeof CHANNELS)[number];

/** Names one session and who owns it: `ownerId` is the store's id (b2b) or the person's (b2c). All UUIDs. */
export interface SessionRef {
  readonly channel: Channel;
  readonly ownerId: string;
  readonly sessionId: string;
}

/** `pending` is a status of people's sessions only. */
export const UNFINISHED = ['queued', 'pending', 'processing'] as const;
/** Terminal states: the worker never changes a session that is in one. */
export const TERMINAL = ['completed', 'failed'] as const;

export type SessionStatus = (typeof UNFINISHED | typeof TERMINAL)[number];

export function isTerminal({ status }: { readonly status: string }): boolean {
  return (TERMINAL as readonly string[]).includes(status);
}

/** The message on the platform's list, checked. The worker trusts its ids only after it has seen the row. */
export interface Task extends SessionRef {
  readonly taskId: string;
  /** Person first, garment second, accessories after. */
  readonly imageUrls: readonly string[];
  readonly prompt: string;
  /** Chosen by the client for b2b: the ledger's key, passed on exactly; never trusted as text. */
  readonly requestId: string;
  /** ISO 8601, never in the future; the deadline counts from here. */
  readonly createdAt: string;
}

/** The most bytes of a message on the list; a full prompt with sixteen links stays well below. */
export const MAX_TASK_BYTES = 1_048_576;

/** The row the shop sees, as far as the worker reads it. The worker takes no prompt and no link from it. */
export interface Session extends SessionRef {
  readonly status: SessionStatus;
  /** The epoch where the row's date is not a point in time, such as `-infinity`. */
  readonly createdAt: Date;
  readonly completedAt: Date | null;
  readonly errorMessage: string | null;
  /** b2b only: the ledger's key, exactly as the platform wrote it. */
  readonly requestId: string | null;
  /** b2b only: set for store shoppers, but in absorb mode too, so it does not say who paid. */
  readonly shopperEmail: string | null;
}

/** What a completed session's row gets, in one UPDATE. */
export interface Completion {
  readonly imageUrl: string;
  readonly inputTokens: number | null;
  readonly outputTokens: number | null;
  readonly costUsd: number | null;
  readonly processingTimeMs: number | null;
  readonly completedAt: Date;
}

/** The session rows. Every write is conditional on the owner and on a status that is not terminal. */
export interface Sessions {
  /** The row of this id in the channel's table, regardless of its owner: compare `ownerId`. Null where there is none. */
  find(ref: SessionRef): Promise<Session | null>;
  /** queued or pending → processing: the row when this call did it, so that no attempt came before; else null. */
  claim(ref: SessionRef): Promise<Session | null>;
  /** → processing: the row when it is now (or was already) `processing`; else null. */
  markProcessing(ref: SessionRef): Promise<Session | null>;
  /** → completed, clearing `error_message`: the row as it is now; null when it was terminal or gone. */
  complete(ref: SessionRef, completion: Completion): Promise<Session | null>;
  /** → failed with a public text: the row as it is now; null when it was terminal or gone. */
  fail(ref: SessionRef, errorMessage: string, completedAt: Date): Promise<Session | null>;
  /** Replaces the text of a failed row, if that is still the one that was written with `completedAt`. */
  replaceErrorMessage(
    ref: SessionRef,
    completedAt: Date,
    text: { from: string; to: string },
  ): Promise<void>;
  /**
   * Other sessions that draw on the same payments and have not failed. b2b: of the store
   * and request id; b2c: the person's that have not ended.
   */
  sharingPayment(session: Session, requestId: string | null): Promise<OtherSession[]>;
  /** Every session of both channels that is not terminal and was created before `before`, paged. */
  unfinished(before: Date): AsyncIterable<Session>;
  /** Every session of both channels that was failed at `since` or later, paged. */
  failedSince(since: Date): AsyncIterable<Session>;
}

/** Another session that draws on the same payments and has not failed. */
export interface OtherSession {
  readonly sessionId: string;
  readonly isCompleted: boolean;
}
