/** Size recommendations, counted, and the time of poses. */
import type { SizeEvent } from '../ports/events.ts';
import type { PoseEstimator, PoseOutcome } from '../pose.ts';
import { ANSWER_SECONDS } from './http-metrics.ts';
import type { Meters } from './meters.ts';

const OUTCOME_OF: Readonly<Record<SizeEvent['event'], string | null>> = {
  size_rec_request_started: null,
  size_rec_request_succeeded: 'succeeded',
  size_rec_image_download_failed: 'image_unusable',
  size_rec_pose_estimation_failed: 'photo_unusable',
  size_rec_model_not_loaded: 'model_not_loaded',
  size_rec_request_shed: 'shed',
  size_rec_client_gone: 'client_gone',
  size_rec_unexpected_error: 'error',
};

/** Counts requests for sizes by how they ended, and those turned away by why. */
export function countSizing({ counter }: Meters): (event: SizeEvent) => void {
  const ended = counter(
    'sizing_requests_total',
    'Requests for a size that were well-formed, by how they ended.',
    Object.values(OUTCOME_OF).flatMap((outcome) => (outcome === null ? [] : [{ outcome }])),
  );
  const shed = counter(
    'sizing_requests_shed_total',
    'Requests for a size that were turned away, because too many were under way or time ran out.',
    [{ reason: 'busy' }, { reason: 'took_too_long' }],
  );
  return (event) => {
    const outcome = OUTCOME_OF[event.event];
    if (outcome !== null) ended({ outcome });
    if (event.event === 'size_rec_request_shed') shed({ reason: event.reason });
  };
}

/** The same estimator, with its time measured. */
export function timePoses({ duration }: Meters): (poses: PoseEstimator) => PoseEstimator {
  const took = duration('pose_duration_seconds', 'Pose estimation time, including queueing.', {
    buckets: ANSWER_SECONDS,
    labels: ['outcome'],
  });
  return (poses) => ({
    get ready() {
      return poses.ready;
    },
    async estimate(image, signal) {
      const startedMs = performance.now();
      const note = (outcome: PoseOutcome['kind'] | 'broken_off') =>
        took(performance.now() - startedMs, { outcome });
      try {
        const outcome = await poses.estimate(image, signal);
        note(outcome.kind);
        return outcome;
      } catch (error) {
        note('broken_off');
        throw error;
      }
    },
  });
}
