/**
 * One line of the doctor's report.
 */

export interface Check {
  readonly name: string;
  readonly state: 'ok' | 'warn' | 'fail';
  /** What was found. */
  readonly finding: string;
  /** How to fix it; null where nothing is wrong. */
  readonly fix: string | null;
}

export function ok(name: string, finding: string): Check {
  return { name, state: 'ok', finding, fix: null };
}

export function warn(name: string, finding: string, fix: string): Check {
  return { name, state: 'warn', finding, fix };
}

export function fail(name: string, finding: string, fix: string): Check {
  return { name, state: 'fail', finding, fix };
}

/** Beyond this a deadline or an age is judged wrongly enough to matter. */
const MOST_SKEW_MS = 5_000;

/** Compares a server's clock with ours, both as Unix ms. `Date` headers have whole seconds. */
export function clockCheck(name: string, theirsMs: number, oursMs: number): Check {
  const seconds = Math.round((oursMs - theirsMs) / 1000);
  const finding =
    seconds === 0
      ? 'in step'
      : `this machine is ${Math.abs(seconds)} s ${seconds > 0 ? 'ahead' : 'behind'}`;
  const label = `clock, ${name}`;
  if (Math.abs(oursMs - theirsMs) <= MOST_SKEW_MS) return ok(label, finding);
  return warn(label, finding, 'synchronise the clock of this machine (NTP)');
}

/** The server's clock by the `Date` header of any answer; null when there is none. */
export async function clockOf(name: string, url: string): Promise<Check | null> {
  const sentMs = Date.now();
  const answer = await fetch(url, {
    method: 'HEAD',
    redirect: 'manual',
    signal: AbortSignal.timeout(5000),
  }).catch(() => null);
  const theirs = Date.parse(answer?.headers.get('date') ?? '');
  if (Number.isNaN(theirs)) return null;
  // The header is cut to a whole second: on the average it is half a second old.
  return clockCheck(name, theirs + 500, (sentMs + Date.now()) / 2);
}
