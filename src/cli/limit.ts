/**
 * `--limit` as the operator types it.
 */
import { UsageError } from './answer.ts';

/** A whole number from 1 to `most`. Throws a UsageError for anything else. */
export function limitOf(text: string, most: number): number {
  const limit = Number(text);
  if (Number.isInteger(limit) && limit >= 1 && limit <= most) return limit;
  throw new UsageError(`--limit must be a whole number from 1 to ${most}`);
}
