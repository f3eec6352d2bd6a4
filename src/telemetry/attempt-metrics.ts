/** Counts tasks, the steps of their attempts, and the checks of photos and pictures. */
import { PERSON_REASONS } from '../picture-check/check-person.ts';
import { PICTURE_REASONS } from '../picture-check/check-picture.ts';
import { CHECK_SKIP_REASONS } from '../ports/events.ts';
import { type Counting, FINE_SECONDS, PER_CHANNEL, WHOLE_SECONDS } from './counting.ts';
import type { Meters } from './meters.ts';

/** Tasks, from the list to their attempts. */
export function intakeCounting({ counter, duration }: Meters) {
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

/** The steps of attempts, and attempts that ended without a result. */
export function attemptCounting({ counter, duration }: Meters) {
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

/** Checks of the person's photo and of the picture. */
export function checkCounting({ counter, duration }: Meters) {
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
    CHECKS.flatMap((check) => CHECK_SKIP_REASONS.map((reason) => ({ check, reason }))),
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
