/** A limit on how often each client may ask: a token bucket per client address. */

interface Bucket {
  tokens: number;
  filledAtMs: number;
}

/** Clients that are remembered; past it the one that asked longest ago is forgotten. */
const MAX_CLIENTS = 10_000;

/** Lets `perMinute` requests a minute through per client, bursts of as many included; 0 sets no limit. */
export class ClientRate {
  readonly #perMinute: number;
  readonly #buckets = new Map<string, Bucket>();

  constructor(perMinute: number) {
    this.#perMinute = perMinute;
  }

  /** Counts one request. Null when it may pass, else the seconds after which one may again. */
  refuse(client: string, nowMs: number): number | null {
    if (this.#perMinute === 0) return null;
    const bucket = this.#bucketOf(client, nowMs);
    if (bucket.tokens < 1) {
      return Math.ceil(((1 - bucket.tokens) * 60) / this.#perMinute);
    }
    bucket.tokens -= 1;
    return null;
  }

  #bucketOf(client: string, nowMs: number): Bucket {
    const known = this.#buckets.get(client) ?? { tokens: this.#perMinute, filledAtMs: nowMs };
    const refill = ((nowMs - known.filledAtMs) * this.#perMinute) / 60_000;
    const bucket = { tokens: Math.min(known.tokens + refill, this.#perMinute), filledAtMs: nowMs };
    this.#buckets.delete(client);
    this.#buckets.set(client, bucket);
    const [oldest] = this.#buckets.keys();
    if (this.#buckets.size > MAX_CLIENTS && oldest !== undefined) this.#buckets.delete(oldest);
    return bucket;
  }
}
