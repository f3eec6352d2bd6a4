/** Business events → counts and durations. Every event has its place in the tables. */
import type { RecordEvent, WorkerEvent } from '../ports/events.ts';
import { attemptCounting, checkCounting, intakeCounting } from './attempt-metrics.ts';
import { type Caller, type Counting, PER_CHANNEL } from './counting.ts';
import type { Meters } from './meters.ts';
import { gateCounting, providerCounting } from './provider-metrics.ts';
import { endCounting, refundCounting } from './session-metrics.ts';

/** Counts events with these meters. */
export function countEvents(meters: Meters, callers: readonly Caller[]): RecordEvent {
  const counting: Counting = {
    ...intakeCounting(meters),
    ...attemptCounting(meters),
    ...checkCounting(meters),
    ...providerCounting(meters, callers),
    ...gateCounting(meters, callers),
    ...endCounting(meters),
    ...refundCounting(meters),
    ...operationCounting(meters),
    ...webhookCounting(meters),
  };
  return (event) => (counting[event.event] as (event: WorkerEvent) => void)(event);
}

function operationCounting({ counter }: Meters) {
  const rescued = counter(
    'sessions_rescued_total',
    'Lost sessions that the rescue ended, by how: completion or refund.',
    [{ by: 'completion' }, { by: 'refund' }],
  );
  const analytics = counter('analytics_errors_total', 'Analytics rows that could not be written.');
  const uploads = counter(
    'upload_failures_total',
    'Pictures whose first upload failed; it is repeated as long as the picture is of use.',
  );
  const unusable = counter(
    'storage_unusable_total',
    'How often Supabase was found to be misconfigured: key or bucket.',
  );
  const errors = counter('loop_errors_total', 'Errors of the loops in the background.', [
    { loop: 'intake' },
  ]);
  const unreadable = counter(
    'rows_unreadable_total',
    'Session rows skipped by a sweep because they make no sense; each sweep counts them again.',
    PER_CHANNEL,
  );
  return {
    rows_unreadable: ({ channel, count }) => unreadable({ channel }, count),
    session_rescued: ({ by }) => rescued({ by }),
    analytics_error: () => analytics(),
    upload_failed: () => uploads(),
    storage_unusable: () => unusable(),
    storage_usable: () => undefined,
    loop_error: ({ loop }) => errors({ loop }),
  } satisfies Partial<Counting>;
}

function webhookCounting({ counter }: Meters) {
  const tries = counter('webhook_tries_total', 'Webhooks sent, by how the try ended.', [
    { result: 'delivered' },
    { result: 'failed' },
  ]);
  const givenUp = counter(
    'webhooks_given_up_total',
    'Webhooks that were not delivered; `wearon webhooks list` names them.',
  );
  return {
    webhook_delivered: () => tries({ result: 'delivered' }),
    webhook_failed: () => tries({ result: 'failed' }),
    webhook_given_up: () => givenUp(),
  } satisfies Partial<Counting>;
}
