/** The daily ceiling of what paid calls may cost, over all replicas. */

/** Money set aside for a call; exactly one of its ends is reported, or none where the outcome is unknown. */
export interface Reservation {
  /** What the call cost; null: not known, so the forecast stands. */
  spent(costUsd: number | null): void;
  /** The call was not billed. */
  returned(): void;
}

export interface Budget {
  /** Throws PROVIDER_REFUSES_SERVICE (budget_spent), with the time to wait, when the day's money is spent. */
  assertMayPay(): Promise<void>;
  /** Sets the forecast aside; throws as `assertMayPay` does where it does not fit into the day. */
  reserve(forecastUsd: number): Promise<Reservation>;
}
