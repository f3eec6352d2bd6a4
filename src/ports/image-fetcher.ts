/** Downloads of other people's images. No one else in the worker opens a link it was given. */

export interface FetchOptions {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly take?: (bytes: number) => Promise<void>;
}

export interface ImageFetcher {
  /**
   * The bytes of the picture behind `url`, the caller's own, refused by default (docs/security.md).
   * Throws `INVALID_IMAGE` (link dead, refused, too large, not a picture), `IMAGE_UNAVAILABLE` (worth
   * a retry), or `STORAGE_UNAVAILABLE` where the platform's own Storage does not deliver. The whole
   * download ends within `timeoutMs`, and sooner when the host stalls or drips. An abort by `signal`
   * rejects with its reason. `take` is waited for with the length of every piece before more is read;
   * that time does not count.
   */
  fetch(url: string, options: FetchOptions): Promise<Uint8Array>;
}
