/** The paid call for a picture. */

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

/** What a paid call took. */
export type EditUsage = Omit<EditResult, 'image'>;

/** The paid call. One call of `edit` is at most one request to the vendor. */
export interface ImageModel {
  /**
   * Throws MODERATION_BLOCKED, GENERATION_FAILED, PROVIDER_BUSY, PROVIDER_UNAVAILABLE,
   * PROVIDER_OUTCOME_UNKNOWN, PROVIDER_MALFORMED or PROVIDER_REFUSES_SERVICE.
   * An abort by `signal` counts as PROVIDER_OUTCOME_UNKNOWN: the request may have been billed.
   */
  edit(request: EditRequest, signal: AbortSignal): Promise<EditResult>;
}
