/**
 * Business events → counts and durations. Every event has its place in the tables below; ids never
 * become labels.
 */
import { CATALOGUE, TaskError } from '../errors.ts';
import { PERSON_REASONS } from '../picture-check/check-person.ts';
import { PICTURE_REASONS } from '../picture-check/check-picture.ts';
import type { CheckSkipReason, RecordEvent, WorkerEvent } from '../ports/events.ts';
import type { Meters } from './meters.ts';

/** One function per business event. */
type Counting = {
  readonly [E in WorkerEvent['event']]: (event: Extract<WorkerEvent, { event: E }>) => void;
};

const CHANNELS = ['b2b', 'b2c'] as const;
const PER_CHANNEL = CHANNELS.map((channel) => ({ channel }));
const CODES = Object.keys(CATALOGUE);
const FINE_SECONDS = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const PROVIDER_SECONDS = [2, 5, 8, 12, 16, 20, 30, 45, 60, 90, 120, 180];
const WHOLE_SECONDS = [0.1, 0.5, 1, 2, 5, 10, 15, 20, 30, 45, 60, 90, 120, 240, 480, 600];

/** Counts events with these meters. */
export function countEvents(meters: Meters, callers: readonly Caller[]): RecordEvent {
  const counting: Counting = {
    ...intakeCounting(meters),
    ...attemptCounting(meters),
    ...checkCounting(meters),
    ...providerCounting(meters, callers),
    ...endCounting(meters),
    ...refundCounting(meters),
    ...operationCounting(meters, callers),
    ...webhookCounting(meters),
  };
  return (event) => (counting[event.event] as (event: WorkerEvent) => void)(event);
}

function intakeCounting({ counter, duration }: Meters) {
  const received = counter('tasks_received_total', 'Tasks that became jobs.', PER_CHANNEL);
  const rejected = counter(
    'tasks_rejected_total',
    'Messages that can never become a picture; they lie with the dead letters.',
  );
  const wait = duration(
    'queue_wait_seconds',
    'From the order of a task to the start of an attempt; a retried task counts each time.',
    { buckets: WHOLE_SECONDS, labels: ['channel'] },
  );
  return {
    task_received: ({ task: { channel } }) => received({ channel }),
    task_rejected: () => rejected(),
    generation_processing: ({ task: { channel }, queueWaitMs }) => wait(queueWaitMs, { channel }),
  } satisfies Partial<Counting>;
}

function attemptCounting({ counter, duration }: Meters) {
  const step = duration('step_duration_seconds', 'How long a step of an attempt took.', {
    buckets: FINE_SECONDS,
    labels: ['step'],
  });
  const images = counter('images_prepared_total', 'Photos downloaded and resized.');
  const skipped = counter(
    'generations_skipped_total',
    'Attempts with nothing to do: the session is gone, has ended, or belongs to another owner.',
    [{ reason: 'no_session' }],
  );
  const interrupted = counter(
    'attempts_interrupted_total',
    'Attempts requeued because the process stops or lost the job.',
  );
  const quarantined = counter(
    'attempts_quarantined_total',
    'Attempts run alone, because their process had died while they ran.',
  );
  return {
    attempt_quarantined: () => quarantined(),
    images_prepared({ count, downloadMs, resizeMs }) {
      images(undefined, count);
      step(downloadMs, { step: 'download' });
      step(resizeMs, { step: 'resize' });
    },
    picture_stored: ({ durationMs }) => step(durationMs, { step: 'store' }),
    generation_skipped: ({ reason }) => skipped({ reason }),
    generation_interrupted: () => interrupted(),
  } satisfies Partial<Counting>;
}

const CHECKS = ['person', 'picture'];
const SKIPS: readonly CheckSkipReason[] = ['busy', 'unavailable', 'error', 'no_person', 'no_photo'];

function checkCounting({ counter, duration }: Meters) {
  const outcomes = ['passed', 'found', 'refused'];
  const made = counter(
    'checks_total',
    "Checks of the person's photo and of the finished picture, by outcome; found: something was found and only counted.",
    CHECKS.flatMap((check) => outcomes.map((outcome) => ({ check, outcome }))),
  );
  const findings = counter('check_findings_total', 'What the checks found, by reason.', [
    ...PERSON_REASONS.map((reason) => ({ check: 'person', reason })),
    ...PICTURE_REASONS.map((reason) => ({ check: 'picture', reason })),
  ]);
  const skipped = counter(
    'checks_skipped_total',
    'Checks that were not made; the try-on went on without them.',
    CHECKS.flatMap((check) => SKIPS.map((reason) => ({ check, reason }))),
  );
  const took = duration(
    'picture_check_duration_seconds',
    'Picture check duration, including queueing for a pose thread.',
    { buckets: FINE_SECONDS },
  );
  const outcomeOf = (found: boolean, refused: boolean) =>
    refused ? 'refused' : found ? 'found' : 'passed';
  return {
    person_checked({ finding, refused }) {
      made({ check: 'person', outcome: outcomeOf(finding !== null, refused) });
      if (finding !== null) findings({ check: 'person', reason: finding });
    },
    picture_checked({ findings: found, refused, durationMs }) {
      made({ check: 'picture', outcome: outcomeOf(found.length > 0, refused) });
      for (const reason of found) findings({ check: 'picture', reason });
      took(durationMs);
    },
    check_skipped: ({ check, reason }) => skipped({ check, reason }),
  } satisfies Partial<Counting>;
}

/** A provider and a model that calls may go to. */
interface Caller {
  readonly provider: string;
  readonly model: string;
}

function providerCounting({ counter, duration }: Meters, callers: readonly Caller[]) {
  const calls = counter(
    'provider_calls_total',
    'Requests sent to the image model. It bills those that it answers with a picture.',
    callers,
  );
  const repeated = counter(
    'provider_repeated_calls_total',
    'Requests repeated after one of unknown outcome: the task may be billed twice.',
    callers,
  );
  const took = duration(
    'provider_call_duration_seconds',
    'How long the image model took for a picture.',
    { buckets: PROVIDER_SECONDS, labels: ['provider', 'model'] },
  );
  const cost = counter(
    'provider_cost_usd_total',
    'What the pictures cost, in US dollars.',
    callers,
  );
  const unpriced = counter(
    'provider_unpriced_calls_total',
    'Pictures whose cost is not known: no usage came, or the model is not in the catalogue.',
    callers,
  );
  const tokens = counter(
    'provider_tokens_total',
    'Tokens used, as the image model counts them.',
    callers.flatMap((caller) => [
      { ...caller, direction: 'input' },
      { ...caller, direction: 'output' },
    ]),
  );
  return {
    provider_call_started({ repeated: isRepeated, provider, model }) {
      calls({ provider, model });
      if (isRepeated) repeated({ provider, model });
    },
    provider_call_succeeded({ durationMs, usage, provider, model }) {
      const caller = { provider, model };
      took(durationMs, caller);
      if (usage.costUsd === null) unpriced(caller);
      else cost(caller, usage.costUsd);
      tokens({ ...caller, direction: 'input' }, usage.inputTokens ?? 0);
      tokens({ ...caller, direction: 'output' }, usage.outputTokens ?? 0);
    },
  } satisfies Partial<Counting>;
}

const OUTCOMES = CHANNELS.flatMap((channel) => [
  { channel, outcome: 'completed', code: 'none' },
  ...CODES.map((code) => ({ channel, outcome: 'failed', code })),
]);
const RETRIES = CHANNELS.flatMap((channel) => CODES.map((code) => ({ channel, code })));

/** Did an attempt end with a paid call of which no one knows whether it was billed? */
function isOutcomeUnknown(error: unknown): boolean {
  if (!(error instanceof TaskError)) return false;
  return error.code === 'PROVIDER_OUTCOME_UNKNOWN' || isOutcomeUnknown(error.cause);
}

function endCounting({ counter, duration }: Meters) {
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
const RECONCILIATION_REASONS = [
  'paid_by_overage_charge',
  'no_payment_found',
  'no_request_id',
  'request_id_too_long',
  'refund_refused',
  'paid_for_another_session',
  'not_covered_by_payments',
  'may_be_refunded_already',
  'not_booked_in_time',
  'refund_belongs_to_another_session',
].map((reason) => ({ reason }));

function refundCounting({ counter }: Meters) {
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
    RECONCILIATION_REASONS,
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

function operationCounting({ counter }: Meters, callers: readonly Caller[]) {
  const providers = [...new Set(callers.map(({ provider }) => provider))];
  const rescued = counter(
    'sessions_rescued_total',
    'Lost sessions that the rescue ended, by how: completion or refund.',
    [{ by: 'completion' }, { by: 'refund' }],
  );
  const analytics = counter('analytics_errors_total', 'Analytics rows that could not be written.');
  const opened = counter(
    'breaker_openings_total',
    'How often paid calls were stopped because none could succeed.',
    providers.flatMap((provider) =>
      CODES.filter((code) => code.startsWith('PROVIDER_')).map((code) => ({ provider, code })),
    ),
  );
  const budget = counter(
    'budget_spent_total',
    'How often DAILY_BUDGET_USD was found to be spent; each replica counts a day once.',
  );
  const closed = counter(
    'breaker_closings_total',
    'How often paid calls were let out again.',
    providers.map((provider) => ({ provider })),
  );
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
    breaker_opened: ({ provider, code }) => opened({ provider, code }),
    breaker_closed: ({ provider }) => closed({ provider }),
    budget_spent: () => budget(),
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
