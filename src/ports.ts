/**
 * What the worker needs from outside, as interfaces. A port exists only for what is remote,
 * paid, slow or stateful. Every method throws a TaskError (see errors.ts) and nothing else:
 * `STORAGE_UNAVAILABLE` for a database or storage that does not answer, unless said otherwise.
 */

export type Channel = 'b2b' | 'b2c';

/** Names one session and who owns it: `ownerId` is the store's id (b2b) or the person's (b2c). All UUIDs. */
export interface SessionRef {
  readonly channel: Channel;
  readonly ownerId: string;
  readonly sessionId: string;
}

export type SessionStatus = 'queued' | 'pending' | 'processing' | 'completed' | 'failed';

/** The row the shop sees, as far as the worker reads it. The worker takes no prompt and no link from it. */
export interface Session extends SessionRef {
  readonly status: SessionStatus;
  readonly creditsUsed: number;
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
  /** The row, or null where it does not exist or belongs to another owner. */
  find(ref: SessionRef): Promise<Session | null>;
  /** queued → processing; true when the row is now (or was already) `processing`. */
  markProcessing(ref: SessionRef): Promise<boolean>;
  /** → completed, clearing `error_message`; false when the row was terminal or gone. */
  complete(ref: SessionRef, completion: Completion): Promise<boolean>;
  /** → failed with a public text; false when the row was terminal or gone. */
  fail(ref: SessionRef, errorMessage: string, completedAt: Date): Promise<boolean>;
  /** Every session of both channels that is not terminal and was created before `before`, oldest first, paged. */
  unfinished(before: Date): AsyncIterable<Session>;
}

/** One row of a ledger that belongs to a session. */
export interface LedgerEntry {
  readonly type: 'deduction' | 'refund' | 'overage';
  readonly amount: number;
  readonly description: string;
}

/** The credits. A refund is one call to the platform's own function. */
export interface Ledger {
  /**
   * The ledger rows of a session. b2b: the rows of (store, request_id); none without a request id.
   * b2c: only refunds whose description names the session, since nothing else ties a row to it.
   */
  entries(session: Session, requestId: string | null): Promise<LedgerEntry[]>;
  /** Not repeatable: look at `entries` first. */
  refundPerson(userId: string, credits: number, description: string): Promise<void>;
  /** `already_refunded` when the ledger has a refund with this request id. */
  refundStore(
    storeId: string,
    credits: number,
    requestId: string,
    description: string,
  ): Promise<'refunded' | 'already_refunded'>;
  /** As `refundStore`; `no_such_shopper` when the shopper's balance row is gone. */
  refundShopper(
    storeId: string,
    shopperEmail: string,
    credits: number,
    requestId: string,
    description: string,
  ): Promise<'refunded' | 'already_refunded' | 'no_such_shopper'>;
}

export type AnalyticsEventType =
  | 'generation_completed'
  | 'generation_failed'
  | 'generation_moderation_blocked'
  | 'credit_refunded';

/** The platform's dashboards count these rows. */
export interface Analytics {
  /** Inserts the event unless the session has one of this type already. */
  record(
    session: Session,
    type: AnalyticsEventType,
    metadata: Readonly<Record<string, string | number | boolean | null>>,
  ): Promise<void>;
}

/** The private bucket. Paths are relative to it. */
export interface ImageStore {
  /** Stores a JPEG, replacing what is there. */
  put(path: string, jpeg: Uint8Array): Promise<void>;
  /** A link that works for `expiresInSeconds`, or null when no object is stored at `path`. */
  sign(path: string, expiresInSeconds: number): Promise<string | null>;
  /** Removes the object; fine when there is none. */
  remove(path: string): Promise<void>;
}

/** Fetches other people's images. Nobody else in the worker opens a link it was given. */
export interface ImageFetcher {
  /**
   * The bytes of the picture behind `url`, refused by default (docs/security.md).
   * Throws `INVALID_IMAGE` (link dead, refused, too large, not a picture) or `IMAGE_UNAVAILABLE`
   * (worth a retry). The whole download ends within `timeoutMs`. An abort by `signal` rejects with its reason.
   */
  fetch(url: string, options: { timeoutMs: number; signal: AbortSignal }): Promise<Uint8Array>;
}

/** A file as the image model gets it, e.g. `model.jpg`. */
export interface NamedImage {
  readonly name: string;
  readonly jpeg: Uint8Array;
}

export interface EditRequest {
  readonly images: readonly NamedImage[];
  readonly prompt: string;
  /** Who asks, for the vendor's abuse checks: goes out as a hash. */
  readonly ownerId: string;
}

/** A generated picture, as the vendor sent it, and what it took. Null where the vendor did not say. */
export interface EditResult {
  readonly image: Uint8Array;
  readonly inputTokens: number | null;
  readonly outputTokens: number | null;
  readonly costUsd: number | null;
}

/** The paid call. One call of `edit` is at most one request to the vendor. */
export interface ImageModel {
  /**
   * Throws MODERATION_BLOCKED, GENERATION_FAILED, PROVIDER_BUSY, PROVIDER_UNAVAILABLE,
   * PROVIDER_OUTCOME_UNKNOWN, PROVIDER_MALFORMED or PROVIDER_REFUSES_SERVICE.
   * An abort by `signal` counts as PROVIDER_OUTCOME_UNKNOWN: the request may have been billed.
   */
  edit(request: EditRequest, signal: AbortSignal): Promise<EditResult>;
}
