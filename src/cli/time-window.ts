/**
 * Times as the operator types them.
 */
import { z } from 'zod';
import { UsageError } from './answer.ts';

export interface WindowOptions {
  readonly since: string;
  readonly until?: string;
}

const HOUR_MS = 3_600_000;

/** `24h` or an ISO time as a moment. Throws a UsageError. */
export function momentOf(text: string, now: Date): Date {
  const hours = /^(\d+(?:\.\d+)?)h$/.exec(text)?.[1];
  const moment = hours ? new Date(now.getTime() - Number(hours) * HOUR_MS) : new Date(text);
  if (Number.isNaN(moment.getTime()) || !(hours || hasDate(text))) {
    throw new UsageError(`"${text}" is neither an ISO time nor hours such as 24h`);
  }
  return moment;
}

/** Whether it begins with a date of the calendar: `Date` alone takes 30 February for 2 March. */
function hasDate(text: string): boolean {
  return z.iso.date().safeParse(text.slice(0, 10)).success;
}

/** From `--since` to `--until`, or to now. Throws a UsageError. */
export function windowOf(options: WindowOptions, now: Date): { since: Date; until: Date } {
  const since = momentOf(options.since, now);
  const until = options.until === undefined ? now : momentOf(options.until, now);
  if (since >= until) throw new UsageError('--since must lie before --until');
  return { since, until };
}
