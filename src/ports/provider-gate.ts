/** The rate limit and the circuit breaker in front of the paid calls. */
import type { TaskError } from '../errors.ts';

/**
 * The permission to make one paid call. The outcome is reported to it, and it is disposed of in any case: a
 * call that came to nothing (broken off, or never made) is disposed of without a report.
 * All three return at once and never throw: a paid picture does not wait for them.
 */
export interface Permit extends Disposable {
  succeeded(): void;
  failed(error: TaskError): void;
}

/** Lets paid calls out: evenly paced, and not at all while none can succeed. Shared by all replicas. */
export interface ProviderGate {
  /** Throws PROVIDER_REFUSES_SERVICE, with the time to wait, while no call may go out. */
  assertMayPay(): Promise<void>;
  /**
   * Waits for the next slot of the rate limit. Throws DEADLINE_EXCEEDED at once, and takes no slot, when
   * the next one is not before `deadlineMs` (since the epoch). Throws as `assertMayPay` does; while the
   * service is being probed one permit at a time is given. An abort rejects with an AbortError.
   */
  enter(deadlineMs: number, signal: AbortSignal): Promise<Permit>;
}
