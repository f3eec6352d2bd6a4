/**
 * When the vendor says that a retry makes sense, from the headers of its answer.
 */

/**
 * Milliseconds from `now`: `retry-after-ms`, else `retry-after` (seconds or an HTTP date), else
 * how long until the limit on requests is reset. Undefined when nothing usable is there.
 */
export function retryAfterMs(headers: Headers, now = Date.now()): number | undefined {
  return [
    Number.parseFloat(headers.get('retry-after-ms') ?? ''),
    readRetryAfterMs(headers.get('retry-after') ?? '', now),
    readDurationMs(headers.get('x-ratelimit-reset-requests') ?? ''),
  ]
    .filter(Number.isFinite)
    .map((ms) => Math.max(0, Math.ceil(ms)))
    .at(0);
}

/** RFC 9110, 10.2.3, and fractions of a second, which OpenAI's own client reads too. */
function readRetryAfterMs(value: string, now: number): number {
  const seconds = Number(value.trim() || Number.NaN);
  return Number.isNaN(seconds) ? Date.parse(value) - now : seconds * 1000;
}

const UNIT_MS: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 };

/** A duration as OpenAI writes it, such as `6m0s`, `1.5s` or `20ms`; NaN for anything else. */
function readDurationMs(value: string): number {
  if (!/^([\d.]+(ms|[hms]))+$/.test(value)) return Number.NaN;
  return [...value.matchAll(/([\d.]+)(ms|[hms])/g)]
    .map(([, amount, unit = '']) => Number(amount) * (UNIT_MS[unit] ?? Number.NaN))
    .reduce((sum, ms) => sum + ms, 0);
}
