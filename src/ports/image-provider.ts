/** The vendors that make pictures, each behind the same few operations. */

/** The provider of journals, events and Redis keys without a name: earlier releases had no other. */
export const FIRST_PROVIDER = 'openai';

/** A photo as the provider gets it, e.g. `model.jpg`; the person's is the first. */
export interface NamedImage {
  readonly name: string;
  readonly jpeg: Uint8Array;
}

export interface PictureRequest {
  /** Names the call: unique to each call that may be billed. */
  readonly key: string;
  /** `submit` empties the list and may free the photos: memory does not hold them while the vendor draws. */
  readonly images: NamedImage[];
  readonly prompt: string;
  /** The person who asks, or the owner where none is named, for the vendor's abuse checks: goes out as a hash. */
  readonly endUser: string;
  /**
   * Receives partial pictures while the vendor draws, if it sends any: shown to the requester alone and
   * never stored; the picture itself may still fail. May be called until `submit` has ended.
   */
  readonly onPartial?: (image: Uint8Array) => void;
}

/** What a paid call took. Null where the vendor did not say. */
export interface PictureUsage {
  readonly inputTokens: number | null;
  readonly outputTokens: number | null;
  readonly costUsd: number | null;
}

/** A generated picture, as the vendor sent it. */
export interface Picture extends PictureUsage {
  readonly image: Uint8Array;
  /** The size that was asked for (WIDTHxHEIGHT); null where it follows the person's photo. */
  readonly size: string | null;
}

/** A paid call that the vendor carries out under an id. Kept in the journal: what is needed to collect the picture. */
export interface Ticket {
  readonly id: string;
  readonly model: string;
  /** Garments that the call was made with: what it costs may depend on them. */
  readonly garments: number;
}

export type Submitted =
  | { readonly kind: 'picture'; readonly picture: Picture }
  | { readonly kind: 'ticket'; readonly ticket: Ticket };

/** A call that went out and whose answer was lost. */
export interface LostCall {
  readonly key: string;
  readonly garments: number;
  /** Not made before this moment, ms since the epoch. */
  readonly sinceMs: number;
}

/** The bytes of the picture behind a link in an answer. Rejects when it cannot be fetched. */
export type FetchPicture = (url: string, signal: AbortSignal) => Promise<Uint8Array>;

/** What a provider can take. */
export interface ProviderLimits {
  readonly garments: { readonly least: number; readonly most: number };
  readonly promptCharacters: number;
  /** `dropped`: the picture is made without it; `refused`: takes only tasks that have none. */
  readonly prompt: 'sent' | 'dropped' | 'refused';
}

/** Errors of a provider: MODERATION_BLOCKED, GENERATION_FAILED and every PROVIDER_ code. */
export interface ImageProvider {
  /** Its name in IMAGE_PROVIDERS, in the journal, in Redis and in metrics. */
  readonly name: string;
  /** The model that calls go to now. */
  readonly model: string;
  readonly limits: ProviderLimits;
  /**
   * Makes the paid call: at most one request that may be billed. `timeoutMs` is how long the picture
   * may take from now, for vendors that keep such a deadline themselves. An abort by `signal` counts
   * as PROVIDER_OUTCOME_UNKNOWN: the request may have been billed.
   */
  submit(request: PictureRequest, timeoutMs: number, signal: AbortSignal): Promise<Submitted>;
  /** What the call will cost, USD, before it is made; null where that is not known. */
  forecastUsd(request: PictureRequest): number | null;
  /** Present where `submit` gives tickets. Null while the picture is not ready or cannot be fetched now. */
  collect?(ticket: Ticket, signal: AbortSignal): Promise<Picture | null>;
  /** The ticket of a call whose answer was lost; null when the vendor has no such call. */
  find?(call: LostCall, signal: AbortSignal): Promise<Ticket | null>;
  /** Ends a call that no one waits for any more; throws nothing. */
  cancel?(ticket: Ticket): Promise<void>;
}
