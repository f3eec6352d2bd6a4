/** Compares what a client sent with a secret. */
import { createHash, timingSafeEqual } from 'node:crypto';

/** Takes the same time for every wrong text, whatever its length. */
export function isSameSecret(given: string, wanted: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(wanted));
}
