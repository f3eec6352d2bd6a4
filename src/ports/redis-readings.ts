/** What Redis says of all replicas together, for metrics and operators. */

/** The places that a task passes through, in this order; retries wait in `delayed`. */
export const TASK_PLACES = ['list', 'intake', 'waiting', 'active', 'delayed'] as const;

export interface PlaceStats {
  readonly tasks: number;
  /** Since the `created_at` of its oldest task; 0 where there is none. */
  readonly oldestAgeSeconds: number;
}

export interface QueueStats {
  readonly places: Readonly<Record<(typeof TASK_PLACES)[number], PlaceStats>>;
  /** Jobs that stalled too often and await their rescue. */
  readonly givenUp: number;
  readonly refundsOutstanding: number;
  /** Since the oldest of them was decided; 0 where there is none. */
  readonly oldestRefundAgeSeconds: number;
  readonly deadLetters: number;
  readonly reconciliation: number;
  /** Webhooks on their way, and those that were given up. */
  readonly webhooks: { readonly pending: number; readonly undelivered: number };
}

/** `slowness` is by what the interval is stretched after the vendor asked for less: 1 to 16. */
export interface GateState {
  readonly breaker: 'closed' | 'open' | 'half_open';
  readonly slowness: number;
  /** Why and since when (ISO 8601) the breaker is not closed; null while it is. */
  readonly trip: { readonly code: string; readonly since: string | null } | null;
}

export interface MemoryUsage {
  readonly usedBytes: number;
  /** `maxmemory`; null where Redis has no limit of its own. */
  readonly limitBytes: number | null;
}
