/** Counts how sessions ended and what was given back for them. */
import { ERROR_CODES } from '../error-catalogue.ts';
import { TaskError } from '../errors.ts';
import { RECONCILIATION_REASONS } from '../ports/refunds.ts';
import { CHANNELS } from '../ports/session.ts';
import { type Counting, PER_CHANNEL, WHOLE_SECONDS } from './counting.ts';
import type { Meters } from './meters.ts';

const OUTCOMES = CHANNELS.flatMap((channel) => [
  { channel, outcome: 'completed', code: 'none' },
  ...ERROR_CODES.map((code) => ({ channel, outcome: 'failed', code })),
]);
const RETRIES = CHANNELS.flatMap((channel) => ERROR_CODES.map((code) => ({ channel, code })));

/** Did an attempt end with a paid call of which no one knows whether it was billed? */
function isOutcomeUnknown(error: unknown): boolean {
  if (!(error instanceof TaskError)) return false;
  return error.code === 'PROVIDER_OUTCOME_UNKNOWN' || isOutcomeUnknown(error.cause);
}

/** How sessions ended, and what will be tried again. */
export function endCounting({ counter, duration }: Meters) {
  const ended = counter('generations_total', 'Sessions that ended, by how they did.', OUTCOMES);
  const labels = { buckets: WHOLE_SECONDS, labels: ['channel'] as const };
  const total = duration(
    'generation_duration_seconds',
    'From the order of a task to its completed session.',
    labels,
  );
  const processing = duration(
    'generation_processing_seconds',
    'From the start of the attempt that succeeded to its picture.',
    labels,
  );
  const retried = counter('retries_total', 'Attempts that will be made again.', RETRIES);
  const unknown = counter(
    'provider_unknown_outcomes_total',
    'Paid calls that broke off: no one knows whether they were billed.',
  );
  const moderated = counter(
    'moderation_blocks_total',
    'Sessions that the image model’s safety filter refused.',
    PER_CHANNEL,
  );
  const lost = counter(
    'completions_lost_total',
    'Pictures whose session someone else had ended meanwhile.',
  );
  return {
    generation_completed({ task: { channel }, processingTimeMs, totalMs }) {
      ended({ channel, outcome: 'completed', code: 'none' });
      total(totalMs, { channel });
      if (processingTimeMs !== null) processing(processingTimeMs, { channel });
    },
    generation_failed({ task: { channel }, code, moderation }) {
      ended({ channel, outcome: 'failed', code });
      if (moderation) moderated({ channel });
    },
    generation_retried({ task: { channel }, code, error }) {
      retried({ channel, code });
      if (isOutcomeUnknown(error)) unknown();
    },
    attempt_failed({ error }) {
      if (isOutcomeUnknown(error)) unknown();
    },
    completion_lost: () => lost(),
  } satisfies Partial<Counting>;
}

const PAYERS = ['person', 'store', 'shopper'].map((payer) => ({ payer }));

/** What was given back, and what waits for a person. */
export function refundCounting({ counter }: Meters) {
  const booked = counter('refunds_total', 'Refunds booked, by whose balance they went to.', PAYERS);
  const credits = counter('refunded_credits_total', 'Credits given back.', PAYERS);
  const skipped = counter(
    'refunds_skipped_total',
    'Refunds with nothing to do: the session is gone, or someone else ended it.',
    [{ reason: 'no_session' }],
  );
  const failed = counter('refund_errors_total', 'Refunds that did not work and are tried again.');
  const toReconcile = counter(
    'refunds_to_reconcile_total',
    'Failed sessions whose payment only a person can give back.',
    RECONCILIATION_REASONS.map((reason) => ({ reason })),
  );
  return {
    credit_refunded(event) {
      booked({ payer: event.payer });
      credits({ payer: event.payer }, event.credits);
    },
    refund_skipped: ({ reason }) => skipped({ reason }),
    refund_error: () => failed(),
    refund_needs_reconciliation: ({ reason }) => toReconcile({ reason }),
  } satisfies Partial<Counting>;
}
