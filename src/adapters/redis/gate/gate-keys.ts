/** The keys of a provider's gate. */
import { FIRST_PROVIDER } from '../../../ports/image-provider.ts';

export interface GateKeys {
  /** The time of the rate limit's next free slot, ms. */
  readonly next: string;
  /** By what the interval is multiplied after the vendor asked for less. */
  readonly slowness: string;
  /** Set from the breaker's opening until a call succeeds: the code that opened it. */
  readonly tripped: string;
  /** ISO 8601: when the breaker opened first, until a call succeeds. */
  readonly trippedAt: string;
  /** Set while the breaker is open; expires into half-open. */
  readonly open: string;
  /** The lock of the one probe of the half-open breaker, while it is out. */
  readonly probe: string;
  /** Consecutive failures that look like an outage. */
  readonly outage: string;
}

export function gateKeysOf(provider: string): GateKeys {
  const prefix = provider === FIRST_PROVIDER ? 'wearon:gate' : `wearon:gate:${provider}`;
  return {
    next: `${prefix}:next`,
    slowness: `${prefix}:slowness`,
    tripped: `${prefix}:tripped`,
    trippedAt: `${prefix}:tripped-at`,
    open: `${prefix}:open`,
    probe: `${prefix}:probe`,
    outage: `${prefix}:outage`,
  };
}
