/**
 * Distinguishes an outage of Supabase, which passes by itself, from a fault of its schema, key or settings.
 */

/** An error of supabase-js: of the database, or of the storage with its own status inside. */
interface AnsweredError {
  readonly message: string;
  readonly status?: number | undefined;
  readonly statusCode?: string | undefined;
}

/** Too many requests, or (423) another one holds the object for longer than Storage waits. */
const OVERLOADED = [423, 429];

/**
 * What an outage looks like from here ("answers 503"), or null when Supabase itself answered.
 * `status` is the HTTP status, 0 when no answer came.
 */
export function outageOf(
  { message, statusCode, ...error }: AnsweredError,
  status = error.status ?? 0,
): string | null {
  if (/^\s*</.test(message) || /SyntaxError/.test(message)) {
    return `answers with a page instead of data${status === 0 ? '' : ` (status ${status})`}`;
  }
  for (const given of [status, Number(statusCode)]) {
    if (given >= 500 || OVERLOADED.includes(given)) return `answers ${given}`;
  }
  if (status !== 0) return null;
  return /timeout|aborted/i.test(message) ? 'does not answer in time' : 'cannot be reached';
}

/**
 * SQLSTATEs and codes of PostgREST for a table, column or function that is not there:
 * https://docs.postgrest.org/en/stable/references/errors.html
 */
const MISSING = ['42P01', '42703', '42883', 'PGRST202', 'PGRST203', 'PGRST204', 'PGRST205'];

/** Whether the error says that a table, column or function is missing: migrations help. */
export function saysSchemaLacks(code: string | undefined): boolean {
  return code !== undefined && MISSING.includes(code);
}
