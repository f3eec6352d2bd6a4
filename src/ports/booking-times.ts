/** How long a request to the database can be under way, and what follows for refunds. */

/** Supabase ends a statement after so long (`statement_timeout` of its API roles). */
const STATEMENT_LIMIT_MS = 8_000;

/** PostgREST lets a request wait so long for a connection (`db-pool-acquisition-timeout`), its client gone or not. */
const CONNECTION_WAIT_MS = 10_000;

/** A request is given up after so long: a statement that began at once has ended by then. */
export const REQUEST_TIMEOUT_MS = STATEMENT_LIMIT_MS + 7_000;

/** After a lost answer a booking may still be under way for so long; then it is in the ledger, or never will be. */
export const LATE_BOOKING_MS = CONNECTION_WAIT_MS + STATEMENT_LIMIT_MS + 2_000;

/** A payer's lock outlives its process for so long: no booking begun under it is under way then. */
export const PAYER_LOCK_MS = REQUEST_TIMEOUT_MS + STATEMENT_LIMIT_MS + 7_000;
