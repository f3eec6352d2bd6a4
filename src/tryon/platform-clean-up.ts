/**
 * The platform's daily clean-up of people's sessions that are older than ten minutes and have not
 * ended: it refunds first, without reading the ledger, and fails the row after that, whatever has
 * become of it. Whatever the worker does to such a row meanwhile may be paid twice.
 */

/** Clocks differ, and the clean-up lists its sessions a moment after its start. */
const BEFORE_MS = 2 * 60_000;
/** It goes through its sessions one by one. */
const AFTER_MS = 15 * 60_000;
/** Sessions younger than this when the clean-up lists them are not on its list (10 minutes). */
const LEFT_ALONE_MS = 9 * 60_000;
const DAY_MS = 24 * 3_600_000;

/** Milliseconds until the clean-up, which starts daily `startMinuteUtc` minutes after midnight, is over; 0 while none runs. */
export function cleanUpMsLeft(startMinuteUtc: number, nowMs: number): number {
  const beginsMs = startMinuteUtc * 60_000 - BEFORE_MS;
  const sinceMs = (((nowMs - beginsMs) % DAY_MS) + DAY_MS) % DAY_MS;
  return Math.max(BEFORE_MS + AFTER_MS - sinceMs, 0);
}

/** Whether the clean-up may take the session for stuck. */
export function isOldForCleanUp(createdAt: Date, nowMs: number): boolean {
  return nowMs - createdAt.getTime() > LEFT_ALONE_MS;
}
