/** What shutting down may take beyond the grace for running attempts; deployments wait longer than both. */
export const STOP_MARGIN_MS = 10_000;
