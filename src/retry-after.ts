/**
 * When another server says that a retry makes sense, from the headers of its answer.
 */

/** Longer than any task or webhook waits for its next try: a server that asks for more is ignored. */
const LONGEST_MS = 3_600_000;

/**
 * Milliseconds from `now`: `retry-after-ms`, else `retry-after` (seconds or an HTTP date), else
 * how long until the limit on requests is reset. Undefined when nothing usable is there: neither a
 * negative time nor one of more than an hour is.
 */
export function retryAfterMs(headers: Headers, now = Date.now()): number | undefined {
  return [
    Number.parseFloat(headers.get('retry-after-ms') ?? ''),
    readRetryAfterMs(headers.get('retry-after')?.trim() ?? '', now),
    readDurationMs(headers.get('x-ratelimit-reset-requests') ?? ''),
  ]
    .filter(isBelievable)
    .map(Math.ceil)
    .at(0);
}

/** Whether a server may mean such a wait. */
export function isBelievable(ms: number): boolean {
  return ms >= 0 && ms <= LONGEST_MS;
}

/** RFC 9110, 10.2.3, and fractions of a second, which OpenAI's own client reads too. A date that has passed is now. */
function readRetryAfterMs(value: string, now: number): number {
  if (value.endsWith(' GMT')) return Math.max(0, Date.parse(value) - now);
  return Number(value || Number.NaN) * 1000;
}

const UNIT_MS: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 };

/** A duration as OpenAI writes it, such as `6m0s`, `1.5s` or `20ms`; NaN for anything else. */
function readDurationMs(value: string): number {
  if (!/^([\d.]+(ms|[hms]))+$/.test(value)) return Number.NaN;
  return [...value.matchAll(/([\d.]+)(ms|[hms])/g)]
    .map(([, amount, unit = '']) => Number(amount) * (UNIT_MS[unit] ?? Number.NaN))
    .reduce((sum, ms) => sum + ms, 0);
}
