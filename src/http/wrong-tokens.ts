/**
 * Counts wrong tokens by client address, so that the token cannot be found by trying.
 */

const MOST_WRONG = 10;
const WINDOW_MS = 60_000;
/** More addresses than an operator's network has: then the oldest are forgotten. */
const MOST_ADDRESSES = 1000;

export class WrongTokens {
  readonly #counts = new Map<string, { count: number; readonly sinceMs: number }>();

  /** Seconds that the address has to wait, after ten wrong tokens within a minute; 0 when it may try. */
  waitSeconds(address: string, nowMs = performance.now()): number {
    const seen = this.#counts.get(address);
    if (seen === undefined || seen.count < MOST_WRONG) return 0;
    return Math.max(0, Math.ceil((seen.sinceMs + WINDOW_MS - nowMs) / 1000));
  }

  /** Takes down a wrong token. */
  add(address: string, nowMs = performance.now()): void {
    const seen = this.#counts.get(address);
    if (seen !== undefined && nowMs - seen.sinceMs < WINDOW_MS) {
      seen.count += 1;
      return;
    }
    this.#counts.delete(address);
    this.#counts.set(address, { count: 1, sinceMs: nowMs });
    const [oldest] = this.#counts.keys();
    if (this.#counts.size > MOST_ADDRESSES && oldest !== undefined) this.#counts.delete(oldest);
  }
}
