/**
 * Size recommendations and HTTP, counted.
 */

import type { SizeEvent } from '../ports/events.ts';
import type { PoseEstimator, PoseOutcome } from '../pose.ts';
import type { Meters } from './meters.ts';

/** An answered request; `route` is the pattern, never the path. */
export interface AnsweredRequest {
  readonly method: string;
  readonly route: string;
  readonly status: number;
  readonly durationMs: number;
  /** As it went out with the answer; null where the route has none. */
  readonly requestId: string | null;
}

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
const REQUEST_SECONDS = [0.005, 0.025, 0.1, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4, 5];

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

/** Measures the time of every answer. */
export function timeRequests({ duration }: Meters): (request: AnsweredRequest) => void {
  const took = duration('http_request_duration_seconds', 'How long an answer over HTTP took.', {
    buckets: REQUEST_SECONDS,
    labels: ['method', 'route', 'status'],
  });
  return ({ durationMs, method, route, status }) =>
    took(durationMs, { method, route, status: String(status) });
}

/** The same estimator, with its time measured. */
export function timePoses({ duration }: Meters): (poses: PoseEstimator) => PoseEstimator {
  const took = duration('pose_duration_seconds', 'Pose estimation time, including queueing.', {
    buckets: REQUEST_SECONDS,
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
