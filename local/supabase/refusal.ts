/**
 * Errors of the database API in PostgREST's form: `{ code, details, hint, message }` and a status.
 */
import { DatabaseError } from 'pg';

/** An answer that refuses the request. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: number;
  readonly body: { code: string; details: string | null; hint: string | null; message: string };

  constructor(
    status: number,
    code: string,
    message: string,
    more: { details?: string | null; hint?: string | null } = {},
  ) {
    super(message);
    this.status = status;
    this.body = { code, details: more.details ?? null, hint: more.hint ?? null, message };
  }
}

/** PostgREST's table of SQLSTATE (or its class) to HTTP status; 400 for all others. */
const STATUS_OF_SQLSTATE: Record<string, number> = {
  '08': 503,
  '09': 500,
  '0L': 403,
  '0P': 403,
  '23503': 409,
  '23505': 409,
  '25': 500,
  '25006': 405,
  '28': 403,
  '2D': 500,
  '38': 500,
  '39': 500,
  '3B': 500,
  '40': 500,
  '42501': 403,
  '42883': 404,
  '42P01': 404,
  '42P17': 500,
  '53': 503,
  '53400': 500,
  '54': 500,
  '55': 500,
  '57': 500,
  '58': 500,
  P0: 500,
  P0001: 400,
  XX: 500,
};

/** The refusal for an error of the database; other errors pass. */
export function asRefusal(error: unknown): unknown {
  if (!(error instanceof DatabaseError)) return error;
  const code = error.code ?? 'XX000';
  const status = STATUS_OF_SQLSTATE[code] ?? STATUS_OF_SQLSTATE[code.slice(0, 2)] ?? 400;
  return new Refusal(status, code, error.message, {
    details: error.detail ?? null,
    hint: error.hint ?? null,
  });
}
